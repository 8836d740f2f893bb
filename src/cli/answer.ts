/** What a command says: data on stdout, everything else on stderr. */
export interface Answer {
  readonly exit: number
  readonly out: string
  readonly err: string
}
