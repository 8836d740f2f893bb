import { createColors } from 'picocolors'
import type { Duration } from '../../time.js'
import { jsonText, visible } from './text.js'
import type { World } from './world.js'

/** How a command speaks: data on stdout, everything else on stderr. Nothing reaches a terminal that it would obey. */
export interface Output {
  /** Whether data is for a program: `--json` was given. */
  readonly json: boolean
  /** Data for a person, a line each: a newline in it is somebody else's, and is written out as an escape. */
  data(...lines: readonly string[]): void
  /** Data for a program, as JSON. */
  value(value: unknown): void
  /** Text that another program, such as a shell, must get as it is; whoever makes it quotes it. */
  raw(text: string): void
  /** A remark of one line, on stderr, in a colour where there are colours. */
  note(text: string, style?: Style): void
  /** Says what is waited for, once it has taken half a second; without a terminal that is one line. */
  during<T>(what: string, work: Promise<T>): Promise<T>
}

export type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold'

const slow: Duration = 500
const beat: Duration = 120
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const clearLine = '\r\u001b[K'

export function createOutput({ env, stdout, stderr }: World, json: boolean): Output {
  const terminal = stderr.isTTY === true
  const colours = createColors(terminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb')
  const plain = (text: string) => text
  let busy = false

  return {
    json,
    data: (...lines) => void stdout.write(lines.map((line) => `${visible(line)}\n`).join('')),
    value: (value) => void stdout.write(jsonText(value)),
    raw: (text) => void stdout.write(text),
    note(text, style) {
      if (busy && terminal) stderr.write(clearLine)
      stderr.write(`${(style ? colours[style] : plain)(visible(text))}\n`)
    },
    async during(what, work) {
      const text = visible(what)
      let shown = 0
      const show = () => {
        busy = true
        if (terminal) stderr.write(`${clearLine}${frames[shown % frames.length]} ${text}`)
        else if (shown === 0) stderr.write(`${text} …\n`)
        shown += 1
      }
      let ticking: NodeJS.Timeout | undefined
      const waiting = setTimeout(() => {
        show()
        ticking = setInterval(show, beat)
      }, slow)
      try {
        return await work
      } finally {
        clearTimeout(waiting)
        clearInterval(ticking)
        if (busy && terminal) stderr.write(clearLine)
        busy = false
      }
    },
  }
}
