"""Adapters for frameworks. Each module needs its framework only when it is imported or used; `maxsimd` itself depends on none of them."""
