import { visible } from '../../remote/text.js'

const made = Symbol('markup')

/** Text that is HTML or SVG already. Nothing makes it but the templates here. */
export interface Markup {
  readonly [made]: string
}

type Value = Markup | string | number | undefined | readonly Value[]

/**
 * HTML and SVG as a template: whatever is put in is text, escaped so that it stands in an element or a quoted attribute and
 * shows what a reader would not see, unless it is markup of such a template itself. Lists are joined; undefined is nothing.
 */
export const markup = (parts: TemplateStringsArray, ...values: readonly Value[]): Markup => ({
  [made]: parts.map((part, at) => part + written(values[at])).join(''),
})

/** A text that is trusted as it is, such as a stylesheet of ours. */
export const trusted = (text: string): Markup => ({ [made]: text })

export const textOf = (value: Markup): string => value[made]

function written(value: Value): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escaped(value)
  return made in value ? value[made] : value.map(written).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string): string =>
  visible(text.replaceAll(/\r?\n/g, ' ↵ ')).replace(/[&<>"']/g, (char) => entities[char] ?? '')
