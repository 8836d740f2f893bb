import { parseSigner } from '../audit/note.js'
import { isSafeUrl } from '../identity/fetch-json.js'
import type { Duration } from '../time.js'
import { day, minute, readDuration } from './durations.js'
import type { Environment } from './environment.js'
import type { ConfigFault, Report } from './fault.js'
import type { CheckpointsEntry } from './file.js'
import { readSecret, severalIn } from './secret.js'

/** How the record is signed, and where what was signed is put. */
export interface CheckpointsWiring {
  /** Secret keys in their text form, at least one, all of one name: never shown or logged. */
  readonly keys: readonly string[]
  readonly every: Duration
  readonly events: number
  readonly folder?: string
  readonly bucket?: Bucket
  readonly log: boolean
}

export interface Bucket {
  readonly name: string
  readonly region: string
  readonly prefix: string
  /** For how long nobody can delete what was put there. */
  readonly retain: Duration
  readonly endpoint?: string
}

/** The variables that checkpoints have in the environment. */
export const checkpointVariables = ['STINT_CHECKPOINT_KEY', 'STINT_CHECKPOINT_KEY_FILE'] as const

/** Reads `checkpoints` with its part of the environment; undefined where nothing is signed. */
export function readCheckpoints(
  entry: CheckpointsEntry | undefined,
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): CheckpointsWiring | undefined {
  const keys = readKeys(env, note)
  const every = readDuration(report, ['checkpoints', 'every'], entry?.every, {
    least: minute / 6,
    most: day,
    otherwise: 5 * minute,
  })
  const { events = 1_000, folder, bucket, log = false } = entry ?? {}
  if (keys.length === 0) {
    if (entry)
      note({
        path: 'STINT_CHECKPOINT_KEY',
        message: 'must be set: the section checkpoints is there, and no key to sign with',
      })
    return undefined
  }
  if (bucket?.endpoint !== undefined && !isSafeUrl(bucket.endpoint))
    report(
      ['checkpoints', 'bucket', 'endpoint'],
      'must be an https URL (http on loopback only) without credentials',
    )
  const retain = readDuration(report, ['checkpoints', 'bucket', 'retain'], bucket?.retain, {
    least: day,
    most: 3_650 * day,
    otherwise: 400 * day,
  })
  return {
    keys,
    every,
    events,
    log,
    ...(folder !== undefined && { folder }),
    ...(bucket && {
      bucket: {
        name: bucket.name ?? '',
        region: bucket.region ?? '',
        prefix: bucket.prefix ?? '',
        retain,
        ...(bucket.endpoint !== undefined && { endpoint: bucket.endpoint }),
      },
    }),
  }
}

function readKeys(env: Environment, note: (fault: ConfigFault) => void): readonly string[] {
  const secret = readSecret(env, 'STINT_CHECKPOINT_KEY', note)
  if (!secret) return []
  const { path, text } = secret
  const keys = severalIn(text)
  const names = new Set(keys.map((key) => parseSigner(key)?.name))
  if (keys.length === 0 || names.has(undefined))
    note({ path, message: 'must be a key as `stint audit keygen` prints it, or several' })
  else if (names.size > 1) note({ path, message: 'must be keys of one name: it is the name of the log' })
  else return keys
  return []
}

/** What is to be said of a record that nobody else could check. */
export function unchecked(wiring: CheckpointsWiring | undefined): string | undefined {
  if (!wiring)
    return 'No key signs checkpoints, so whoever can write to the database can rewrite the record unseen. Make one: stint audit keygen --help.'
  if (wiring.folder === undefined && !wiring.bucket && !wiring.log)
    return 'Checkpoints stay in the database alone, where they can be rewritten with the record. Name a folder, a bucket or the log in checkpoints.'
  return undefined
}
