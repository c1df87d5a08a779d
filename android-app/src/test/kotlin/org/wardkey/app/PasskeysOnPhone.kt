package org.wardkey.app

import kotlinx.coroutines.runBlocking
import org.wardkey.core.Passkey

/** The passkeys that the core of this application has, for a test that waits for them where it stands. */
internal fun WardkeyApplication.passkeys(): List<Passkey> = runBlocking { wardkey.provider.passkeys() }
