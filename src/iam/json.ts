import type { ReportFault } from './document.js'

/** One step of a JSON pointer (RFC 6901). */
export const step = (name: string | number): string =>
  `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Where a scan stands inside an object or a list. */
interface Frame {
  readonly names?: Set<string>
  name: string | number
}

/** The pointer to what the innermost of these frames stands at. */
const pointer = (open: readonly Frame[]): string => open.map(({ name }) => step(name)).join('')

/**
 * Names each member that an object has twice. JSON.parse keeps the last of them, other readers the first, so
 * such a text means two things. The text is known to be valid JSON; names are compared as read.
 */
function reportDuplicates(text: string, report: ReportFault): void {
  // Outside strings only brackets and commas matter; a string followed by a colon is a name.
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\],]/g
  const open: Frame[] = []
  for (const [token, colon] of text.matchAll(tokens)) {
    const frame = open.at(-1)
    if (token === '{') open.push({ names: new Set(), name: '' })
    else if (token === '[') open.push({ name: 0 })
    else if (token === '}' || token === ']') open.pop()
    else if (token === ',' && typeof frame?.name === 'number') frame.name++
    else if (colon !== undefined && frame?.names) {
      frame.name = String(JSON.parse(token.slice(0, -colon.length)))
      if (frame.names.has(frame.name))
        report(pointer(open), 'duplicate', `${JSON.stringify(frame.name)} stands here twice.`)
      frame.names.add(frame.name)
    }
  }
}

/** The value of a JSON text; undefined, with the fault reported, where it is none or says something twice. */
export function parseJson(text: string, report: ReportFault): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const [, where] = /position (\d+)/.exec(String(error)) ?? []
    const line = where === undefined ? undefined : text.slice(0, Number(where)).split('\n').length
    report('', 'json', `This is not JSON${line === undefined ? '' : ` from line ${line} on`}.`)
    return undefined
  }
  let twice = false
  reportDuplicates(text, (...fault) => {
    twice = true
    report(...fault)
  })
  return twice ? undefined : value
}
