// What can be run again and again, whoever computes it.
#pragma once

namespace bench {

class workload {
 public:
  virtual ~workload() = default;
  virtual void run() = 0;
  // Of one run: two a multiply-add.
  virtual double operations() const = 0;
};

}  // namespace bench
