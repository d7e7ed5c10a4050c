// Training that knows it will be quantized: float32 weights are kept, products use their few-bit versions, and
// gradients pass the quantizers by an estimate. Of ReLU networks of the calibration network's sizes and rates.
//
//   weights       as they are; signs and the mean magnitude of each unit (XNOR-Net), straight through or by alpha
//                 blending (Liu and Mattina 2019); four even levels up to SAWB's limit (Choi et al. 2019)
//   activations   ReLU; PACT of 2 bits, whose limit is trained (Choi et al. 2018); half-wave Gaussian of 2 bits (Cai et
//                 al. 2017), whose deviation is a running one of the layer's outputs, as there is no normalization here
//
// As in the papers the first and the last layer keep their weights. Products are those of the values, in float32.
#pragma once

#include <vector>

#include "compare/experiment.hpp"

namespace compare {

// One row of each, and the float32 one that they are compared with before them.
std::vector<experiment> quantized_training_experiments();

}  // namespace compare
