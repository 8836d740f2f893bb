/** Whom the demo's company employs. The address is the one that its load balancer reports. */
export interface Employee {
  readonly name: string
  readonly email: string
  readonly groups: readonly string[]
  readonly address: string
}

const employee = (name: string, groups: readonly string[], address: string): Employee => ({
  name,
  email: `${name.toLowerCase()}@acme.example`,
  groups,
  address,
})

export const people = {
  ana: employee('Ana', ['engineers', 'leads'], '203.0.113.7'),
  bo: employee('Bo', ['leads'], '203.0.113.20'),
  cy: employee('Cy', ['audit'], '203.0.113.30'),
}
export type PersonName = keyof typeof people

/** A run of the orders' pipeline, which Ana started: so she is called where the code lies. */
export const job = {
  subject: 'repo:acme/orders:ref:refs/heads/main',
  claims: { repository: 'acme/orders', ref: 'refs/heads/main', actor: 'ana-codes' },
  address: '198.51.100.4',
}
