#include "narrow/interop/onetbb.hpp"

#include "interop/executor_check.hpp"

TEST(OnetbbExecutor, DoesWhatAnExecutorDoes) { support::check_executor(narrow::onetbb_executor{}); }
