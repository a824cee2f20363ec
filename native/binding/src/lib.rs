//! The Node addon `@maxsimd/native`.
