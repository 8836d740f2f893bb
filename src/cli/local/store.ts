import type { Head } from '../../audit/event.js'
import { parsePlace, type Environment } from '../../config/environment.js'
import { loadConfig } from '../../config/load.js'
import { Fault } from '../../fault.js'
import { headText, holds, parseHead, restored } from '../../grant/restored.js'
import { ulids } from '../../grant/ulid.js'
import { copyStore } from '../../store/copy.js'
import { openSource, openStore, openTarget, type Place } from '../../store/open.js'
import type { World } from './roles-check.js'
import { failure, type Answer } from '../answer.js'

/** A head as it is written on the command line. Throws `invalid_request`. */
export function headOf(text: string): Head {
  const head = parseHead(text)
  if (head) return head
  throw new Fault(
    'invalid_request',
    'A head is written as its number, a colon and 64 hex digits, as `stint store head` prints it.',
  )
}

function placeOf(text: string): Place {
  const { place, fault } = parsePlace(text)
  if (fault !== undefined) throw new Fault('invalid_request', `A store ${fault}.`)
  return place
}

/** `stint store copy`: everything of one store into another that is empty, verified there before it lasts. */
export async function storeCopy(from: string, to: string): Promise<Answer> {
  try {
    const [source, target] = [placeOf(from), placeOf(to)]
    const reading = await openSource(source)
    try {
      const filling = await openTarget(target)
      try {
        const { counts, head } = await copyStore(reading, filling)
        const rows = Object.entries(counts).map(([table, count]) => `${table} ${count}`)
        return { exit: 0, out: `copied and verified: ${rows.join(', ')}\nhead ${headText(head)}\n`, err: '' }
      } finally {
        await filling.close()
      }
    } finally {
      await reading.close()
    }
  } catch (error) {
    return failure(error, from)
  }
}

interface Source {
  readonly file: string
  readonly env: Environment
}

/** `stint store head`: the end of the record of a configuration's store, to be noted elsewhere. */
export async function storeHead(name: string, source: Source): Promise<Answer> {
  try {
    return { exit: 0, out: `${headText(await headAt(loadConfig(source).store))}\n`, err: '' }
  } catch (error) {
    return failure(error, name)
  }
}

/** `stint store restored`: records that a store older than the noted head is the record from now on. */
export async function storeRestored(
  name: string,
  source: Source,
  { expectHead, reason }: { readonly expectHead: string; readonly reason: string },
  { clock, random }: Pick<World, 'clock' | 'random'>,
): Promise<Answer> {
  try {
    const expected = headOf(expectHead)
    const { store: place } = loadConfig(source)
    if (reason.trim() === '' || reason.length > 500)
      throw new Fault('invalid_request', 'Say why, in 500 characters at most.')
    // Looked for first: a store that is not there would be made.
    const found = await headAt(place)
    const store = await openStore(place, { replica: ulids(random)(clock()), clock })
    try {
      if (await holds(store, expected))
        throw new Fault('conflict', 'The record holds this head, or was said to be restored from it already.')
      await store.commit({ events: [restored(expected, found, reason.trim(), clock())] })
      return { exit: 0, out: `recorded: log.restored at ${headText(await store.head())}\n`, err: '' }
    } finally {
      await store.close()
    }
  } catch (error) {
    return failure(error, name)
  }
}

async function headAt(place: Place): Promise<Head> {
  const source = await openSource(place)
  try {
    return await source.head()
  } finally {
    await source.close()
  }
}
