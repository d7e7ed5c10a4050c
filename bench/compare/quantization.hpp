// What quantizing some values cost them.
#pragma once

namespace compare {

struct quantization {
  double bits = 0;   // per value, scales included
  double ratio = 0;  // of signal to quantization noise, in dB; infinite where nothing was lost
};

}  // namespace compare
