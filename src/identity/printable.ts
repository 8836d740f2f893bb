/**
 * Characters that a person cannot see or that change how others are seen: controls, bidirectional and
 * zero-width marks, fillers, every space but the plain one, private and unassigned ones.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u

/** One or more visible characters, at most `most` of them (UTF-16 units), without a space at either end. */
export const isPrintable = (text: string, most = 256): boolean =>
  text.length > 0 && text.length <= most && text.trim() === text && !unseen.test(text)
