import type { Catalog, Role } from '../../catalog/catalog.js'
import { Fault } from '../../fault.js'
import { nearest } from '../../iam/nearest.js'

/** The role of that name. Throws a fault that names the nearest. */
export function pickRole({ roles }: Catalog, name: string): Role {
  const role = roles.get(name)
  if (role) return role
  const names = [...roles.keys()]
  throw new Fault(
    'invalid_request',
    `There is no role ${name}; did you mean ${nearest(name, names)}? There are ${names.join(', ')}.`,
  )
}
