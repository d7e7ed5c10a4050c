// expect: conversion from 'float' to | no viable conversion from 'float'
// A conversion that may lose bits is written out.
#include <narrow/number.hpp>

narrow::float16 half = 1.5F;
