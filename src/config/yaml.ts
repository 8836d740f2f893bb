import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLMap,
} from 'yaml'
import type { ConfigFault, Path, Place } from './fault.js'

/** UTF-8 bytes of a file; one that is longer is no configuration that anyone has read. */
const largest = 1_048_576

export interface Source {
  /** Plain JSON values; absent when the text is not what we take for YAML. */
  readonly value?: unknown
  readonly faults: readonly ConfigFault[]
  /** Line and column of the value at a path, or of its key; of the nearest thing around it when it is missing. */
  readonly place: (path: Path, at?: 'key') => Place
}

/**
 * Reads the plain part of YAML 1.2: one document, unique keys that are text, and no aliases, tags,
 * directives or merge keys, each of which lets a file mean something other than what a reviewer sees.
 */
export function parseYaml(text: string): Source {
  const top: Place = { line: 1, column: 1 }
  const refuse = (message: string): Source => ({ faults: [{ path: '', ...top, message }], place: () => top })
  if (Buffer.byteLength(text) > largest) return refuse('The file is larger than 1 MiB.')
  if (text.includes('\ufffd')) return refuse('The file is not UTF-8 text.')

  const counter = new LineCounter()
  try {
    const document = parseDocument(text, {
      lineCounter: counter,
      prettyErrors: false,
      schema: 'core',
      strict: true,
      // The library compares every key with every other; `oddities` looks each up.
      uniqueKeys: false,
      resolveKnownTags: false,
      // `silent` would also silence the error that a second document is.
      logLevel: 'error',
    })
    const placeAt = (offset: number): Place => {
      const { line, col } = counter.linePos(offset)
      return { line: Math.max(line, 1), column: Math.max(col, 1) }
    }
    const faults = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
      path: '',
      ...placeAt(pos[0]),
      message: `is not the YAML that Stint reads: ${message}`,
    }))
    const odd = oddities(document).map(({ offset, message }) => ({ path: '', ...placeAt(offset), message }))
    return {
      ...(faults.length === 0 &&
        !odd.some(({ message }) => message === aliased) && { value: document.toJS({ maxAliasCount: 0 }) }),
      faults: [...faults, ...odd],
      place: (path, at) => placeAt(offsetOf(document, path, at)),
    }
  } catch {
    // The parser recurses: thousands of brackets within brackets end its stack.
    return refuse('The file cannot be read as YAML; is it nested thousands deep?')
  }
}

const aliased =
  'must not use an alias (*name): write the value out, so that it can be reviewed where it counts'

function oddities(document: Document): readonly { readonly offset: number; readonly message: string }[] {
  const found: { offset: number; message: string }[] = []
  if (document.directives?.yaml.explicit)
    found.push({ offset: 0, message: 'must not have a %YAML directive' })
  const note = (node: unknown, message: string) => found.push({ offset: rangeStart(node) ?? 0, message })
  visit(document, (_, node) => {
    if (isAlias(node)) note(node, aliased)
    else if (isNode(node) && node.tag !== undefined)
      note(node, 'must not have a tag (!); what needs to be text is put in quotes')
    else if (isPair(node) && !(isScalar(node.key) && typeof node.key.value === 'string'))
      note(node.key, 'must have a key that is text: put it in quotes (an account id is "123456789012")')
    if (isMap(node)) for (const key of repeated(node)) note(key, 'must have each key once: keys are unique')
  })
  return found
}

function* repeated(map: YAMLMap): Generator<unknown> {
  const seen = new Set<unknown>()
  for (const { key } of map.items) {
    const name = isScalar(key) ? key.value : key
    if (seen.has(name)) yield key
    seen.add(name)
  }
}

function offsetOf(document: Document, path: Path, at?: 'key'): number {
  let node: unknown = document.contents
  let offset = rangeStart(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const pair = isMap(node)
      ? node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === step)
      : undefined
    const next: unknown = pair
      ? pair.value
      : isSeq(node) && typeof step === 'number'
        ? node.items[step]
        : undefined
    const keyOffset = pair && rangeStart(pair.key)
    const useKey = pair !== undefined && at === 'key' && depth === path.length - 1
    const found = useKey ? keyOffset : (rangeStart(next) ?? keyOffset)
    if (found === undefined) return offset
    offset = found
    node = next
  }
  return offset
}

function rangeStart(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
