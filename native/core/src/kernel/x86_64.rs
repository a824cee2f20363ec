//! The backends for AVX2 (two registers of eight lanes) and AVX-512 with VNNI (one register of sixteen lanes).

use super::lanes::Lanes;
use super::{BytePanels, ByteTables, ByteToken, CodedTokens, Kernels, Panels, algorithms, byte_algorithms};
use half::f16;
use std::arch::x86_64::*;

#[derive(Clone, Copy)]
struct Avx2(__m256, __m256);

impl Lanes for Avx2 {
    const MANY_REGISTERS: bool = false;
    type Columns = (__m256i, __m256i);
    type Sums = (__m256i, __m256i);
    /// Absolute values, and signed values.
    type Quad = (__m256i, __m256i);
    const BIAS: i32 = 0;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { Self(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller has AVX2 and gives sixteen elements.
        unsafe { Self(_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))) }
    }

    #[inline(always)]
    unsafe fn load_f16(from: *const f16) -> Self {
        // SAFETY: the caller has F16C and gives sixteen elements.
        unsafe {
            let halves: *const __m128i = from.cast();
            Self(_mm256_cvtph_ps(_mm_loadu_si128(halves)), _mm256_cvtph_ps(_mm_loadu_si128(halves.add(1))))
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller has AVX2 and gives room for sixteen elements.
        unsafe {
            _mm256_storeu_ps(to, self.0);
            _mm256_storeu_ps(to.add(8), self.1);
        }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the caller has FMA.
        unsafe {
            Self(_mm256_fmadd_ps(self.0, factor.0, addend.0), _mm256_fmadd_ps(self.1, factor.1, addend.1))
        }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }

    #[inline(always)]
    unsafe fn columns(column: u32) -> Self::Columns {
        // SAFETY: the caller has AVX2.
        unsafe { (_mm256_set1_epi32(column.cast_signed()), _mm256_set1_epi32(column.cast_signed())) }
    }

    #[inline(always)]
    unsafe fn keep_larger(
        self,
        score: Self,
        old: Self::Columns,
        new: Self::Columns,
    ) -> (Self, Self::Columns) {
        // SAFETY: the caller has AVX2.
        unsafe {
            let larger =
                (_mm256_cmp_ps::<_CMP_GT_OQ>(score.0, self.0), _mm256_cmp_ps::<_CMP_GT_OQ>(score.1, self.1));
            (
                Self(
                    _mm256_blendv_ps(self.0, score.0, larger.0),
                    _mm256_blendv_ps(self.1, score.1, larger.1),
                ),
                (
                    _mm256_blendv_epi8(old.0, new.0, _mm256_castps_si256(larger.0)),
                    _mm256_blendv_epi8(old.1, new.1, _mm256_castps_si256(larger.1)),
                ),
            )
        }
    }

    #[inline(always)]
    unsafe fn store_columns(columns: Self::Columns, to: *mut u32) {
        // SAFETY: the caller has AVX2 and gives room for sixteen elements.
        unsafe {
            _mm256_storeu_si256(to.cast(), columns.0);
            _mm256_storeu_si256(to.add(8).cast(), columns.1);
        }
    }

    #[inline(always)]
    unsafe fn load_sums(from: *const i32) -> Self::Sums {
        // SAFETY: the caller has AVX2 and gives sixteen elements.
        unsafe { (_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(8).cast())) }
    }

    #[inline(always)]
    unsafe fn quad(from: *const u8) -> Self::Quad {
        // SAFETY: the caller has AVX2 and gives four bytes.
        unsafe {
            let signed = _mm256_xor_si256(
                _mm256_set1_epi32(from.cast::<i32>().read_unaligned()),
                _mm256_set1_epi8(i8::MIN),
            );
            (_mm256_abs_epi8(signed), signed)
        }
    }

    #[inline(always)]
    unsafe fn add_dots(sums: Self::Sums, quad: Self::Quad, q: *const i8) -> Self::Sums {
        // SAFETY: the caller has AVX2 and gives 64 bytes. The instruction multiplies unsigned by signed bytes, so the word's
        // sign moves to `q`. With both within ±127 the sum of two products fits into 16 bits and does not saturate.
        unsafe {
            let ones = _mm256_set1_epi16(1);
            let dots = |q: *const i8| {
                let signed = _mm256_sign_epi8(_mm256_loadu_si256(q.cast()), quad.1);
                _mm256_madd_epi16(_mm256_maddubs_epi16(quad.0, signed), ones)
            };
            (_mm256_add_epi32(sums.0, dots(q)), _mm256_add_epi32(sums.1, dots(q.add(32))))
        }
    }

    #[inline(always)]
    unsafe fn add_row_dots(sums: Self::Sums, rows: *const u8, q: *const i8) -> Self::Sums {
        // SAFETY: the caller has AVX2 and gives 64 and four bytes. As in `add_dots`, the sign of `q` moves to the rows.
        unsafe {
            let ones = _mm256_set1_epi16(1);
            let q = _mm256_set1_epi32(q.cast::<i32>().read_unaligned());
            let dots = |rows: *const u8| {
                let signed = _mm256_xor_si256(_mm256_loadu_si256(rows.cast()), _mm256_set1_epi8(i8::MIN));
                _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(q), _mm256_sign_epi8(signed, q)), ones)
            };
            (_mm256_add_epi32(sums.0, dots(rows)), _mm256_add_epi32(sums.1, dots(rows.add(32))))
        }
    }

    #[inline(always)]
    unsafe fn from_sums(sums: Self::Sums) -> Self {
        // SAFETY: the caller has AVX2.
        unsafe { Self(_mm256_cvtepi32_ps(sums.0), _mm256_cvtepi32_ps(sums.1)) }
    }
}

#[derive(Clone, Copy)]
struct Avx512(__m512);

impl Lanes for Avx512 {
    const MANY_REGISTERS: bool = true;
    type Columns = __m512i;
    type Sums = __m512i;
    type Quad = __m512i;
    const BIAS: i32 = 128;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { Self(_mm512_set1_ps(value)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller has AVX-512 and gives sixteen elements.
        unsafe { Self(_mm512_loadu_ps(from)) }
    }

    #[inline(always)]
    unsafe fn load_f16(from: *const f16) -> Self {
        // SAFETY: the caller has AVX-512 and gives sixteen elements.
        unsafe { Self(_mm512_cvtph_ps(_mm256_loadu_si256(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller has AVX-512 and gives room for sixteen elements.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { Self(_mm512_add_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { Self(_mm512_fmadd_ps(self.0, factor.0, addend.0)) }
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { Self(_mm512_max_ps(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn columns(column: u32) -> Self::Columns {
        // SAFETY: the caller has AVX-512.
        unsafe { _mm512_set1_epi32(column.cast_signed()) }
    }

    #[inline(always)]
    unsafe fn keep_larger(
        self,
        score: Self,
        old: Self::Columns,
        new: Self::Columns,
    ) -> (Self, Self::Columns) {
        // SAFETY: the caller has AVX-512.
        unsafe {
            let larger = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(score.0, self.0);
            (Self(_mm512_mask_mov_ps(self.0, larger, score.0)), _mm512_mask_mov_epi32(old, larger, new))
        }
    }

    #[inline(always)]
    unsafe fn store_columns(columns: Self::Columns, to: *mut u32) {
        // SAFETY: the caller has AVX-512 and gives room for sixteen elements.
        unsafe { _mm512_storeu_si512(to.cast(), columns) }
    }

    #[inline(always)]
    unsafe fn load_sums(from: *const i32) -> Self::Sums {
        // SAFETY: the caller has AVX-512 and gives sixteen elements.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn quad(from: *const u8) -> Self::Quad {
        // SAFETY: the caller has AVX-512 and gives four bytes.
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn add_dots(sums: Self::Sums, quad: Self::Quad, q: *const i8) -> Self::Sums {
        // SAFETY: the caller has AVX-512 VNNI and gives 64 bytes.
        unsafe { _mm512_dpbusd_epi32(sums, quad, _mm512_loadu_si512(q.cast())) }
    }

    #[inline(always)]
    unsafe fn add_row_dots(sums: Self::Sums, rows: *const u8, q: *const i8) -> Self::Sums {
        // SAFETY: the caller has AVX-512 VNNI and gives 64 and four bytes.
        unsafe {
            let q = _mm512_set1_epi32(q.cast::<i32>().read_unaligned());
            _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(rows.cast()), q)
        }
    }

    #[inline(always)]
    unsafe fn from_sums(sums: Self::Sums) -> Self {
        // SAFETY: the caller has AVX-512.
        unsafe { Self(_mm512_cvtepi32_ps(sums)) }
    }
}

/// Compiles every loop for `$features` and makes a backend of them.
macro_rules! backend {
    ($module:ident, $lanes:ty, $name:literal, $features:literal) => {
        mod $module {
            use super::*;

            #[target_feature(enable = $features)]
            unsafe fn widen(from: &[f16], to: &mut [f32]) {
                // SAFETY: this function is compiled for the features; `Kernels` checked the lengths.
                unsafe { algorithms::widen::<$lanes>(from, to) }
            }

            #[target_feature(enable = $features)]
            unsafe fn dot_f16(query: &[f32], row: &[f16]) -> f32 {
                // SAFETY: as above.
                unsafe { algorithms::dot_f16::<$lanes>(query, row) }
            }

            #[target_feature(enable = $features)]
            unsafe fn products(rows: &[f32], pitch: usize, panels: Panels<'_>, out: &mut [f32]) {
                // SAFETY: as above.
                unsafe { algorithms::products::<$lanes>(rows, pitch, panels, out) }
            }

            #[target_feature(enable = $features)]
            unsafe fn nearest(
                rows: &[f32],
                pitch: usize,
                panels: Panels<'_>,
                bias: &[f32],
                columns: &mut [u32],
                scores: &mut [f32],
            ) {
                // SAFETY: as above.
                unsafe { algorithms::nearest::<$lanes>(rows, pitch, panels, bias, columns, scores) }
            }

            #[target_feature(enable = $features)]
            unsafe fn adc_scores(
                tokens: CodedTokens<'_>,
                tables: ByteTables<'_>,
                scores: &mut [f32],
                best: &mut [f32],
            ) {
                // SAFETY: as above.
                unsafe { byte_algorithms::adc_scores::<$lanes>(tokens, tables, scores, best) }
            }

            #[target_feature(enable = $features)]
            unsafe fn byte_products(rows: &[u8], ids: &[u32], query: BytePanels<'_>, out: &mut [f32]) {
                // SAFETY: as above.
                unsafe { byte_algorithms::byte_products::<$lanes>(rows, ids, query, out) }
            }

            #[target_feature(enable = $features)]
            unsafe fn block_products(blocks: &[u8], token: ByteToken<'_>, out: &mut [f32]) {
                // SAFETY: as above.
                unsafe { byte_algorithms::block_products::<$lanes>(blocks, token, out) }
            }

            #[target_feature(enable = $features)]
            unsafe fn row_max(scores: &[f32], rows: &[u32], best: &mut [f32]) {
                // SAFETY: as above.
                unsafe { algorithms::row_max::<$lanes>(scores, rows, best) }
            }

            #[target_feature(enable = $features)]
            unsafe fn restore(word: &mut [f32], norm: f32, centroid: &[f16]) {
                // SAFETY: as above.
                unsafe { algorithms::restore::<$lanes>(word, norm, centroid) }
            }

            pub(super) static KERNELS: Kernels = Kernels {
                name: $name,
                // SAFETY: `available` returns this table only on processors with the features.
                widen: |from, to| unsafe { widen(from, to) },
                // SAFETY: as above.
                dot_f16: |query, row| unsafe { dot_f16(query, row) },
                // SAFETY: as above.
                products: |rows, pitch, panels, out| unsafe { products(rows, pitch, panels, out) },
                // SAFETY: as above.
                nearest: |rows, pitch, panels, bias, columns, scores| unsafe {
                    nearest(rows, pitch, panels, bias, columns, scores);
                },
                // SAFETY: as above.
                adc_scores: |tokens, tables, scores, best| unsafe {
                    adc_scores(tokens, tables, scores, best);
                },
                // SAFETY: as above.
                byte_products: |rows, ids, query, out| unsafe { byte_products(rows, ids, query, out) },
                // SAFETY: as above.
                block_products: |blocks, token, out| unsafe { block_products(blocks, token, out) },
                // SAFETY: as above.
                row_max: |scores, rows, best| unsafe { row_max(scores, rows, best) },
                // SAFETY: as above.
                restore: |word, norm, centroid| unsafe { restore(word, norm, centroid) },
            };
        }
    };
}

backend!(avx2, Avx2, "avx2", "avx2,fma,f16c");
backend!(avx512, Avx512, "avx512", "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c");

/// The backends of this module that the processor supports, slowest first.
pub(super) fn available() -> Vec<&'static Kernels> {
    let mut all: Vec<&'static Kernels> = Vec::new();
    let has_avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    if has_avx2 {
        all.push(&avx2::KERNELS);
    }
    if has_avx2
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vnni")
    {
        all.push(&avx512::KERNELS);
    }
    all
}
