/** Between a number and its unit, where no line may break. */
const GAP = "\u00a0";

/** 0.1234 → "12.3 %". */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)}${GAP}%`;
}

/** With three significant digits, and never an exponent: 0.01234 → "0.0123", 12.34 → "12.3", 1234.5 → "1,235". */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  const digits = Math.floor(Math.log10(Math.abs(value)));
  if (digits >= 2) {
    return Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ",");
  }
  return value.toFixed(Math.min(20, 2 - digits));
}

/** Seconds → "12 ms", "0.34 s", "5.6 s", "78 s", "2 min 05 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.1) return `${formatNumber(1000 * seconds)}${GAP}ms`;
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)}${GAP}s`;
  const whole = Math.round(seconds);
  return whole < 120
    ? `${whole}${GAP}s`
    : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")}${GAP}s`;
}
