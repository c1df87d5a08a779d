package org.wardkey.app.screens

import android.app.Activity
import android.content.Context
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.screens.diagnostics.FailureLog
import org.wardkey.app.screens.preflight.Probes
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.KnownAnswer
import org.wardkey.core.Passkey

/** What lies behind the screens. Every suspending function may be called on the main thread. */
internal interface ScreenWorld {
    /** What the phone says about itself. */
    val probes: Probes

    /** The last failures. */
    val failures: FailureLog

    /** All passkeys, oldest first. Throws PasskeyException. */
    suspend fun passkeys(): List<Passkey>

    /** Removes a passkey and its key for good. Throws PasskeyException. */
    suspend fun remove(activity: Activity, credentialId: ByteArray)

    /** Deletes keys that no passkey names, as a killed ceremony leaves them behind. Throws PasskeyException. */
    suspend fun sweep(activity: Activity)

    /** What the organization prescribes. Throws PasskeyException when the core does not open. */
    suspend fun configuration(): ConfigurationReport

    /** Asks the core for its version and has it compute its known answers anew. */
    suspend fun examineCore(): CoreFacts
}

/** What the core says of itself: the version it was built as, and how its known answers came out. */
internal class CoreFacts(val version: String, val answers: List<KnownAnswer>)

/** An application that brings the world of its screens along: in tests, another than the phone's. */
internal interface HasScreenWorld {
    val screenWorld: ScreenWorld
}

internal val Context.screenWorld: ScreenWorld
    get() = when (val application = applicationContext) {
        is HasScreenWorld -> application.screenWorld
        else -> AppWorld(application as WardkeyApplication)
    }
