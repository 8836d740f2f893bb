/** JSON as it came from outside. */
type Raw = Readonly<Record<string, unknown>>

const objectOf = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {}
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const lengthOf = (value: unknown): number => (typeof value === 'string' ? value.length : -1)

/** From one character to so many: what Slack says of nearly every text. */
const within = (value: unknown, most: number): boolean => lengthOf(value) >= 1 && lengthOf(value) <= most

/** A text object (docs.slack.dev/reference/block-kit/composition-objects/text-object). */
function* textFaults(value: unknown, most: number, at: string, plain = false): Generator<string> {
  const { type, text } = objectOf(value)
  if (type !== 'plain_text' && (plain || type !== 'mrkdwn')) yield `${at}: ${String(type)} is no text here`
  if (!within(text, most)) yield `${at}: ${lengthOf(text)} characters, of 1 to ${most}`
}

function* elementFaults(value: unknown, at: string): Generator<string> {
  const element = objectOf(value)
  if (element['action_id'] !== undefined && !within(element['action_id'], 255)) yield `${at}: action_id`
  switch (element['type']) {
    case 'button':
      yield* textFaults(element['text'], 75, `${at}.text`, true)
      if (element['value'] !== undefined && !within(element['value'], 2_000)) yield `${at}: value`
      if (element['url'] !== undefined && !within(element['url'], 3_000)) yield `${at}: url`
      if (element['style'] !== undefined && !/^(primary|danger)$/.test(String(element['style'])))
        yield `${at}: style`
      if (element['confirm'] !== undefined) yield* confirmFaults(element['confirm'], `${at}.confirm`)
      return
    case 'plain_text_input':
      if (Number(element['max_length'] ?? 1) > 3_000) yield `${at}: max_length`
      return
    case 'external_select':
    case 'static_select':
      if (listOf(element['options']).length > 100) yield `${at}: more than 100 options`
      return
    default:
      if (typeof element['type'] !== 'string') yield `${at}: no type`
  }
}

function* confirmFaults(value: unknown, at: string): Generator<string> {
  const { title, text, confirm, deny } = objectOf(value)
  yield* textFaults(title, 100, `${at}.title`, true)
  yield* textFaults(text, 300, `${at}.text`)
  yield* textFaults(confirm, 30, `${at}.confirm`, true)
  yield* textFaults(deny, 30, `${at}.deny`, true)
}

const richElements = ['rich_text_section', 'rich_text_list', 'rich_text_quote', 'rich_text_preformatted']
const richParts = ['text', 'link', 'date', 'user', 'usergroup', 'emoji', 'channel', 'broadcast']

/** Rich text (docs.slack.dev/reference/block-kit/blocks/rich-text-block): no empty text, dates that are one. */
function* richFaults(value: unknown, at: string): Generator<string> {
  const { type, elements } = objectOf(value)
  if (!richElements.includes(String(type))) yield `${at}: ${String(type)} is no part of rich text`
  for (const [n, part] of listOf(elements).entries()) {
    const one = objectOf(part)
    const here = `${at}.elements[${n}]`
    if (type === 'rich_text_list') yield* richFaults(part, here)
    else if (!richParts.includes(String(one['type']))) yield `${here}: ${String(one['type'])}`
    else if (one['type'] === 'text' && lengthOf(one['text']) < 1) yield `${here}: an empty text`
    else if (one['type'] === 'link' && !within(one['url'], 3_000)) yield `${here}: url`
    else if (one['type'] === 'date') {
      const known =
        /^\{(date|date_num|date_short|date_long|date_pretty|date_short_pretty|date_long_pretty|time|time_secs|ago)\}/
      if (!Number.isInteger(one['timestamp'])) yield `${here}: timestamp`
      if (!known.test(String(one['format']))) yield `${here}: format`
    }
  }
}

function* blockFaults(value: unknown, at: string): Generator<string> {
  const block = objectOf(value)
  if (block['block_id'] !== undefined && !within(block['block_id'], 255)) yield `${at}: block_id`
  const elements = listOf(block['elements'])
  switch (block['type']) {
    case 'header':
      return yield* textFaults(block['text'], 150, `${at}.text`, true)
    case 'section': {
      const fields = listOf(block['fields'])
      if (block['text'] === undefined && fields.length === 0) yield `${at}: neither text nor fields`
      if (block['text'] !== undefined) yield* textFaults(block['text'], 3_000, `${at}.text`)
      if (fields.length > 10) yield `${at}: more than 10 fields`
      for (const [n, field] of fields.entries()) yield* textFaults(field, 2_000, `${at}.fields[${n}]`)
      if (block['accessory'] !== undefined) yield* elementFaults(block['accessory'], `${at}.accessory`)
      return
    }
    case 'context':
      if (elements.length < 1 || elements.length > 10) yield `${at}: ${elements.length} elements`
      for (const [n, text] of elements.entries()) yield* textFaults(text, 3_000, `${at}.elements[${n}]`)
      return
    case 'actions': {
      if (elements.length < 1 || elements.length > 25) yield `${at}: ${elements.length} elements`
      for (const [n, one] of elements.entries()) yield* elementFaults(one, `${at}.elements[${n}]`)
      const ids = elements.map((one) => objectOf(one)['action_id'])
      if (new Set(ids).size < ids.length) yield `${at}: an action_id twice`
      return
    }
    case 'rich_text':
      for (const [n, one] of elements.entries()) yield* richFaults(one, `${at}.elements[${n}]`)
      return
    case 'input':
      yield* textFaults(block['label'], 2_000, `${at}.label`, true)
      return yield* elementFaults(block['element'], `${at}.element`)
    case 'divider':
      return
    default:
      yield `${at}: ${String(block['type'])} is no block`
  }
}

/** What Slack would refuse in blocks, each with its place. A message has 50 at most, a modal 100. */
export function blocksFaults(value: unknown, most = 50): readonly string[] {
  if (!Array.isArray(value)) return ['blocks: no list']
  const ids = value.map((block) => objectOf(block)['block_id']).filter((id) => id !== undefined)
  return [
    ...(value.length > most ? [`blocks: ${value.length}, of at most ${most}`] : []),
    ...(new Set(ids).size < ids.length ? ['blocks: a block_id twice'] : []),
    ...(JSON.stringify(value).length > 100_000 ? ['blocks: too long in all'] : []),
    ...value.flatMap((block, n) => [...blockFaults(block, `blocks[${n}]`)]),
  ]
}

/** What Slack would refuse in a modal (docs.slack.dev/reference/views/modal-views). */
export function viewFaults(value: unknown): readonly string[] {
  const view = objectOf(value)
  const { callback_id, private_metadata, blocks, submit } = view
  const inputs = listOf(blocks).some((block) => objectOf(block)['type'] === 'input')
  return [
    ...(view['type'] === 'modal' ? [] : ['view: no modal']),
    ...textFaults(view['title'], 24, 'view.title', true),
    ...(submit === undefined ? [] : textFaults(submit, 24, 'view.submit', true)),
    ...(view['close'] === undefined ? [] : textFaults(view['close'], 24, 'view.close', true)),
    ...(inputs && submit === undefined ? ['view: inputs and no submit'] : []),
    ...(callback_id === undefined || within(callback_id, 255) ? [] : ['view: callback_id']),
    ...(private_metadata === undefined || lengthOf(private_metadata) <= 3_000
      ? []
      : ['view: private_metadata']),
    ...blocksFaults(blocks, 100),
  ]
}
