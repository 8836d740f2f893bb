/**
 * What a terminal would obey, or a reader would not see: controls, marks that turn the direction of text, zero-width
 * and unassigned characters, and separators of lines.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const escaped = (char: string): string => {
  const code = char.codePointAt(0) ?? 0
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** Somebody else's text for a terminal: on one line, with everything unseen written out as an escape. */
export const visible = (text: string): string => text.replace(unseen, escaped)

/** A value as JSON that is safe on a terminal; reads back as the very same value. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2)}\n`.replace(
    /[^\n\P{C}]|[\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    (char) =>
      [...Array(char.length).keys()]
        .map((unit) => `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`)
        .join(''),
  )

/** One word to a POSIX shell, whatever is in it: single quotes, with each single quote closed, escaped, reopened. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
