import type { Duration } from '../../time.js'
import { openLine } from './connection.js'
import type { Line } from './connection.js'
import { channel } from './writer.js'

/** How often whoever waits looks by itself while nothing can be heard. */
const deaf: Duration = 1_000

/** How often the connection is tried: a line that went silently would be waited on for ever. */
const beat: Duration = 5_000

/** Hears of changed grants from every replica. */
export interface Listener {
  end(): Promise<void>
}

/**
 * Calls `changed` with the id of each grant that a commit of any replica moved. What happens while the
 * connection is lost is not heard, so until it is back, and once more then, `changed` is called without
 * one: something may have been missed.
 */
export function listen(url: string, changed: (grant: string | undefined) => void): Listener {
  let line: Line | undefined
  let timer: NodeJS.Timeout | undefined
  let beating: NodeJS.Timeout | undefined
  let ended = false

  async function connect(): Promise<void> {
    try {
      line = await openLine(url)
      line.client.on('notification', ({ payload }) => payload?.split(',').forEach(changed))
      line.client.once('end', again)
      await line.client.query(`LISTEN ${channel}`)
      beating = setInterval(() => void line?.client.query('SELECT 1').catch(() => line?.end()), beat)
      beating.unref()
      if (ended) await line.end()
    } catch {
      await line?.end()
      line = undefined
      again()
    }
    changed(undefined)
  }

  function again(): void {
    clearInterval(beating)
    if (ended) return
    clearTimeout(timer)
    changed(undefined)
    timer = setTimeout(() => void connect(), deaf)
    timer.unref()
  }

  const first = connect()
  return {
    async end() {
      ended = true
      clearTimeout(timer)
      clearInterval(beating)
      await first
      await line?.end()
    },
  }
}
