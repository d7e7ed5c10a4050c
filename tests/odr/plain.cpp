#include "odr/library_results.hpp"

results plain_results() { return library_results(); }
