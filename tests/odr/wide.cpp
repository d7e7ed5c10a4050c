#include "odr/library_results.hpp"

results wide_results() { return library_results(); }
