/** A parsed CIDR range. `text` is its canonical form. */
export interface Range {
  readonly text: string
  readonly family: 4 | 6
  readonly bytes: readonly number[]
  readonly prefix: number
}

/** Named networks, as configured. */
export type Networks = ReadonlyMap<string, readonly Range[]>
