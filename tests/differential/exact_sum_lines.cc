// Reads lines of doubles (their bits in hexadecimal) and writes, for each line, sum, mean, variance of the population
// and of the sample (the same as the former for one value) in the same form. exact_sum_test.py compares with fractions.
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "exact/exact_sum.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    larder::ExactMoments moments;
    std::istringstream words(line);
    for (std::uint64_t bits = 0; words >> std::hex >> bits;) moments.Add(std::bit_cast<double>(bits));
    if (moments.count() == 0) return 1;
    const auto sample = moments.count() > 1 ? larder::VarianceOf::kSample : larder::VarianceOf::kPopulation;
    const double results[] = {moments.sum().Sum(), moments.sum().Mean(),
                              moments.Variance(larder::VarianceOf::kPopulation), moments.Variance(sample)};
    for (const double result : results) std::printf("%016" PRIx64 " ", std::bit_cast<std::uint64_t>(result));
    std::printf("\n");
  }
  return 0;
}
