/** The ways of asking that are compared, as the record's parameter `way`. */
export const WAYS = ["native", "unary", "stream"] as const;
