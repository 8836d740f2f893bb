// The load generator, in a process of its own: so many connections, each of which sends its next request when the
// last is answered. Written on bare sockets, since two cores must do for it, the broker and STS.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { serveParent } from './child.js'

export interface Load {
  /** Where to; the connections are spread over them. */
  readonly urls: readonly string[]
  /** Whole requests of HTTP/1.1, taken in turn. */
  readonly requests: readonly string[]
  /** What each must be answered with. */
  readonly status: number
  readonly connections: number
  /** For so many milliseconds requests are begun. */
  readonly ms: number
}

export interface Loaded {
  readonly seconds: number
  /** Milliseconds of each exchange. */
  readonly times: Float64Array
  /** Where STS was called, the same without STS's own time. */
  readonly added: Float64Array
  /** Processor time of the caller, in milliseconds. */
  readonly cpu: number
}

/** One kept-alive connection. */
interface Line {
  exchange(request: Buffer): Promise<string>
  close(): void
}

async function open(url: string): Promise<Line> {
  const { hostname, port } = new URL(url)
  const socket: Socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let heard = ''
  let end = Infinity
  let waiting: { resolve: (answer: string) => void; reject: (error: Error) => void } | undefined
  socket.on('data', (chunk: Buffer) => {
    // One byte a character, so that lengths are those of the header.
    heard += chunk.toString('latin1')
    if (end === Infinity) {
      const head = heard.indexOf('\r\n\r\n')
      if (head < 0) return
      const [, length] = /\r\ncontent-length: (\d+)/i.exec(heard.slice(0, head + 2)) ?? []
      end = head + 4 + Number(length)
    }
    if (heard.length < end) return
    const answer = heard
    heard = ''
    end = Infinity
    waiting?.resolve(answer)
  })
  const gone = (error?: Error) => waiting?.reject(error ?? new Error('the connection was closed'))
  socket.on('error', gone).on('close', () => gone())
  return {
    exchange: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

async function run({ urls, requests, status, connections, ms }: Load): Promise<Loaded> {
  const bytes = requests.map((request) => Buffer.from(request))
  const lines = await Promise.all(
    Array.from({ length: connections }, (_, n) => open(urls[n % urls.length] ?? '')),
  )
  const [times, added]: [number[], number[]] = [[], []]
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  let sent = 0
  try {
    const work = async (line: Line) => {
      while (performance.now() - began < ms) {
        const request = bytes[sent++ % bytes.length] ?? Buffer.alloc(0)
        const started = performance.now()
        const answer = await line.exchange(request)
        const took = performance.now() - started
        if (!answer.startsWith(`HTTP/1.1 ${status}`))
          throw new Error(`answered with ${answer.slice(0, 2_000)}`)
        times.push(took)
        const [, own] = /"stsRequestId":"(\d+)-/.exec(answer) ?? []
        if (own !== undefined) added.push(took - Number(own) / 1_000)
      }
    }
    await Promise.all(lines.map(work))
  } finally {
    for (const line of lines) line.close()
  }
  const { user, system } = process.cpuUsage(cpu)
  return {
    seconds: (performance.now() - began) / 1_000,
    times: Float64Array.from(times),
    added: Float64Array.from(added),
    cpu: (user + system) / 1_000,
  }
}

serveParent<Load, Loaded>(run)
