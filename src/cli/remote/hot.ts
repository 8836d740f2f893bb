import type { Instant } from '../../time.js'
import { isFresh, keyOf, processJson, readKept } from './kept.js'
import { readSettings, type Place } from './settings.js'

/**
 * The answer to `stint credential-process <role> [--account <id>]` from credentials that are kept, before a parser is
 * loaded. Undefined for everything else, mistakes included: the whole program says what is wrong.
 */
export function keptAnswer(
  args: readonly string[],
  place: Place & { readonly uid: number | undefined },
  now: Instant,
): string | undefined {
  const [command, ...rest] = args
  if (command !== 'credential-process') return undefined
  const found: Record<string, string | undefined> = {}
  for (let at = 0; at < rest.length; at += 1) {
    const [text = '', value] = [rest[at], rest[at + 1]]
    if (text.startsWith('-')) {
      if (!flags.includes(text) || value === undefined || value.startsWith('-') || text in found)
        return undefined
      found[text] = value
      at += 1
    } else if (found['role'] === undefined) found['role'] = text
    else return undefined
  }
  if (found['role'] === undefined) return undefined
  try {
    const flag = found['--url']
    const { url } = readSettings(place, flag === undefined ? {} : { url: flag })
    const kept =
      url === undefined ? undefined : readKept(place, keyOf(url, found['role'], found['--account']))
    return kept && isFresh(kept, now) ? processJson(kept) : undefined
  } catch {
    return undefined
  }
}

/** Flags with a value; what the last two say matters only where something is asked for. */
const flags = ['--url', '--account', '--reason', '--ticket']
