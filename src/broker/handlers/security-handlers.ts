import type { AnyHandler } from '../request-router.ts'
import { alterClientQuotasHandler } from './alter-client-quotas.ts'
import { alterUserScramCredentialsHandler } from './alter-user-scram-credentials.ts'
import { createAclsHandler } from './create-acls.ts'
import { deleteAclsHandler } from './delete-acls.ts'
import { describeAclsHandler } from './describe-acls.ts'
import { describeClientQuotasHandler } from './describe-client-quotas.ts'
import { describeUserScramCredentialsHandler } from './describe-user-scram-credentials.ts'
import { saslAuthenticateHandler } from './sasl-authenticate.ts'
import { saslHandshakeHandler } from './sasl-handshake.ts'

/** The APIs of who clients are, what they may do, and how fast. */
export const securityHandlers: readonly AnyHandler[] = [
  saslHandshakeHandler,
  saslAuthenticateHandler,
  describeAclsHandler,
  createAclsHandler,
  deleteAclsHandler,
  describeClientQuotasHandler,
  alterClientQuotasHandler,
  describeUserScramCredentialsHandler,
  alterUserScramCredentialsHandler,
]
