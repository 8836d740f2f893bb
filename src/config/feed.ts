import { isSafeUrl } from '../identity/fetch-json.js'
import type { Environment } from './environment.js'
import type { ConfigFault, Report } from './fault.js'
import type { FeedEntry } from './file.js'
import { readSecret, severalIn } from './secret.js'

/** Where each event is sent on to, at least one place. */
export interface FeedWiring {
  readonly format: 'ndjson' | 'ocsf'
  readonly file?: string
  readonly stdout: boolean
  readonly https?: {
    readonly url: string
    /** Secrets as Standard Webhooks writes them, at least one; all sign. Never shown or logged. */
    readonly keys: readonly string[]
  }
}

/** The variables that the feed has in the environment. */
export const feedVariables = ['STINT_FEED_KEY', 'STINT_FEED_KEY_FILE'] as const

/** Reads `feed` with its part of the environment; undefined where nothing is sent on. */
export function readFeed(
  entry: FeedEntry | undefined,
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): FeedWiring | undefined {
  if (!entry) return undefined
  const { format = 'ndjson', file, stdout = false, https } = entry
  if (file === undefined && !stdout && https === undefined)
    report(['feed'], 'must say where to: file, stdout or https')
  if (https !== undefined && !isSafeUrl(https))
    report(['feed', 'https'], 'must be an https URL (http on loopback only) without credentials')
  const keys = https === undefined ? [] : readKeys(env, note)
  return {
    format,
    stdout,
    ...(file !== undefined && { file }),
    ...(https !== undefined && { https: { url: https, keys } }),
  }
}

function readKeys(env: Environment, note: (fault: ConfigFault) => void): readonly string[] {
  const { path, text } = readSecret(env, 'STINT_FEED_KEY', note) ?? { path: 'STINT_FEED_KEY', text: '' }
  const keys = severalIn(text)
  if (keys.length === 0) note({ path, message: 'must be set: feed.https is there, and no key to sign with' })
  else if (!keys.every(isKey))
    note({ path, message: 'must be whsec_ and 24 to 64 random bytes in base64, or several of that' })
  return keys
}

/** Standard Webhooks 1.0.0, "Symmetric signatures". */
function isKey(text: string): boolean {
  const encoded = text.startsWith('whsec_') ? text.slice('whsec_'.length) : ''
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString('base64') === encoded
}
