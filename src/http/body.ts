import { Fault } from '../fault.js'
import { hasDuplicateNames, isObject } from '../identity/strict-json.js'

/** The deepest that brackets may nest. */
const deepest = 16

/**
 * Reads a request body: one JSON object in UTF-8, not deep, with each member name once and none that other
 * code could take for a prototype. Undefined when there are no bytes. Throws `invalid_request`.
 */
export function parseBody(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length === 0) return undefined
  const text = decode(bytes)
  if (tooDeep(text)) throw invalid(`The body nests deeper than ${deepest} levels.`)
  const value = parse(text)
  if (!isObject(value)) throw invalid('The body must be a JSON object.')
  if (hasDuplicateNames(text)) throw invalid('The body has a field twice.')
  return value
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('The body is not UTF-8.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (poisonous.has(name)) throw invalid(`The body has a field named ${name}.`)
      return value
    })
  } catch (error) {
    if (error instanceof Fault) throw error
    throw invalid('The body is not valid JSON.')
  }
}

const poisonous = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Looked at before parsing: brackets outside strings, whatever else the text may be. A string that is not closed
 * reaches to the end, so that no character is looked at twice.
 */
function tooDeep(text: string): boolean {
  let depth = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    if (depth > deepest) return true
  }
  return false
}

const invalid = (detail: string) => new Fault('invalid_request', detail)
