import type { types } from '@slack/bolt'
import { iso, type Instant } from '../time.js'

export type Block = types.KnownBlock
export type Part = types.RichTextElement

// Whatever a person or a token said stands in the text elements of rich text, or in plain text: Slack looks for no
// mention, link or format in those (docs.slack.dev/reference/block-kit/blocks/rich-text-block).

/** What nobody can see, or what changes how the rest is seen; line breaks are no such thing. */
const unseen = /(?:(?!\n)[\p{C}\p{Default_Ignorable_Code_Point}])+/gu

/**
 * A text as it may be shown: with a mark where something was that one could not see, in at most `lines` lines and
 * `most` characters (UTF-16 units), cut between characters with a word on how much is missing.
 */
export function plain(text: string, most: number, lines = 1): string {
  const seen = text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(unseen, '\ufffd')
  const all = seen.trim().split('\n')
  const kept = lines === 1 ? all.join(' ') : all.slice(0, lines).join('\n')
  const lost = lines === 1 ? 0 : all.slice(lines).join('\n').length
  if (kept.length <= most && lost === 0) return kept
  const cut = kept.slice(0, most - 32).replace(/[\ud800-\udbff]$/, '')
  return `${cut} … (${kept.length - cut.length + lost} more characters)`
}

/** Slack takes no empty text. */
export const text = (content: string): Part => ({ type: 'text', text: content === '' ? ' ' : content })
export const bold = (content: string): Part => ({ type: 'text', text: content, style: { bold: true } })
export const code = (content: string): Part => ({ type: 'text', text: content, style: { code: true } })

/** A moment in the reader's own time zone. */
export const when = (at: Instant): Part => ({
  type: 'date',
  timestamp: Math.floor(at / 1_000),
  format: '{date_short_pretty} {time}',
  fallback: iso(at).slice(0, 16).replace('T', ' ') + ' UTC',
})

/** The same inside `text`, the only place where Slack reads marks. */
export const whenMark = (at: Instant): string =>
  `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time}|${iso(at).slice(0, 16).replace('T', ' ')} UTC>`

/** `Label: parts`, one line each. */
export const rows = (lines: readonly (readonly [label: string, ...Part[]])[]): Block => ({
  type: 'rich_text',
  elements: [
    {
      type: 'rich_text_section',
      elements: lines.flatMap(([label, ...parts], n) => [bold(`${n > 0 ? '\n' : ''}${label}  `), ...parts]),
    },
  ],
})

/** A heading with points under it. */
export const points = (heading: string, items: readonly (readonly Part[])[]): Block => ({
  type: 'rich_text',
  elements: [
    { type: 'rich_text_section', elements: [bold(heading)] },
    {
      type: 'rich_text_list',
      style: 'bullet',
      elements: items.map((parts) => ({ type: 'rich_text_section', elements: [...parts] })),
    },
  ],
})

export const quote = (heading: string, content: string): Block => ({
  type: 'rich_text',
  elements: [
    { type: 'rich_text_section', elements: [bold(heading)] },
    { type: 'rich_text_quote', elements: [text(content)] },
  ],
})
