import { markup, type Markup } from './markup.js'
import { countText } from './words.js'

/** What a chart tells apart: by colour, and by its place in the stack. `style` is a class of the stylesheet. */
export interface Series {
  readonly name: string
  readonly style: string
}

/** One column or bar: as many numbers as there are series. */
export interface Stack {
  readonly label: string
  readonly parts: readonly number[]
}

interface Chart {
  /** Distinguishes its parts in the document. */
  readonly id: string
  readonly title: string
  /** What it shows, for whoever does not see it. */
  readonly description: string
  readonly series: readonly Series[]
  readonly stacks: readonly Stack[]
}

const totalOf = ({ parts }: Stack): number => parts.reduce((sum, part) => sum + part, 0)

/** Coordinates with one decimal: enough for paper, and the same bytes everywhere. */
const at = (value: number): string => String(Math.round(value * 10) / 10)

/** The smallest of 1, 2, 4, 5, 10, 20 and so on that is not below `most`, for an axis with four equal steps or fewer. */
export function axisOf(most: number): { readonly top: number; readonly step: number } {
  if (most <= 4) return { top: Math.max(1, most), step: 1 }
  const power = 10 ** Math.floor(Math.log10(most / 4))
  const step = [1, 2, 2.5, 5, 10]
    .map((n) => n * power)
    .find((one) => one * 4 >= most && Number.isInteger(one))
  const width = step ?? 10 * power
  return { top: Math.ceil(most / width) * width, step: width }
}

const frame = ({ id, title, description }: Chart, width: number, height: number, body: Markup): Markup =>
  markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>${body}</svg>`

/** Stacked columns over time or classes; only as many labels below as there is room for. */
export function columns(chart: Chart, width = 460, height = 200): Markup {
  const { stacks, series } = chart
  const { top, step } = axisOf(Math.max(0, ...stacks.map(totalOf)))
  const [left, right, floor, ceiling] = [40, 6, height - 22, 8]
  const pitch = (width - left - right) / stacks.length
  const y = (value: number): number => floor - ((floor - ceiling) * value) / top
  const lines = Array.from({ length: Math.round(top / step) + 1 }, (_, n) => n * step).map(
    (value) =>
      markup`<line class="grid" x1="${left}" x2="${width - right}" y1="${at(y(value))}" y2="${at(y(value))}"/><text class="tick" x="${left - 5}" y="${at(y(value) + 3.5)}" text-anchor="end">${countText(value)}</text>`,
  )
  const gap = Math.min(6, pitch * 0.22)
  const every = Math.ceil(stacks.length / Math.max(1, Math.floor((width - left) / labelWidth(stacks))))
  const bodies = stacks.map((stack, n) => {
    let below = 0
    const x = left + n * pitch + gap / 2
    const parts = stack.parts.map((part, which) => {
      const from = below
      below += part
      if (part === 0) return []
      return markup`<rect class="${series[which]?.style}" x="${at(x)}" y="${at(y(below))}" width="${at(pitch - gap)}" height="${at(y(from) - y(below))}"/>`
    })
    const label =
      n % every === 0
        ? markup`<text class="tick" x="${at(left + (n + 0.5) * pitch)}" y="${height - 7}" text-anchor="middle">${stack.label}</text>`
        : []
    return [...parts, label]
  })
  return frame(chart, width, height, markup`${lines}${bodies}`)
}

const labelWidth = (stacks: readonly Stack[]): number =>
  Math.max(...stacks.map(({ label }) => label.length)) * 6 + 10

/** Stacked bars, one below the other, each with its name before and its number behind it. */
export function bars(chart: Chart, width = 460): Markup {
  const { stacks, series } = chart
  const most = Math.max(1, ...stacks.map(totalOf))
  const [left, right, row] = [132, 44, 24]
  const bodies = stacks.map((stack, n) => {
    let x = left
    const parts = stack.parts.map((part, which) => {
      const long = ((width - left - right) * part) / most
      const from = x
      x += long
      if (part === 0) return []
      return markup`<rect class="${series[which]?.style}" x="${at(from)}" y="${n * row + 5}" width="${at(Math.max(1, long))}" height="${row - 9}"/>`
    })
    return markup`<text class="name" x="${left - 8}" y="${n * row + 16.5}" text-anchor="end">${clipped(stack.label)}</text>${parts}<text class="value" x="${at(x + 6)}" y="${n * row + 16.5}">${countText(totalOf(stack))}</text>`
  })
  return frame(chart, width, Math.max(1, stacks.length) * row + 4, markup`${bodies}`)
}

/** What fits before a bar; the table beside it has the whole name. */
const clipped = (name: string): string => (name.length > 21 ? `${name.slice(0, 20)}…` : name)

export const legend = (series: readonly Series[]): Markup =>
  markup`<p class="legend">${series.map(
    ({ name, style }) =>
      markup`<span><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${style}" width="10" height="10"/></svg>${name}</span>`,
  )}</p>`
