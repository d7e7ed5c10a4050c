// How much of a sweep a test does.
#pragma once

namespace support {

// The step of a sweep: 1, or `step` where whole sweeps take too long, which is under sanitizers.
constexpr unsigned every(unsigned step) { return NARROW_TEST_SWEEPS ? 1 : step; }

}  // namespace support
