/** Whatever stands where a text should, as one. An object is written out: it may have a `toString` of its own. */
export const plainText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
