package org.wardkey.app.screens

import android.app.Activity
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.wardkey.app.Wardkey
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.keys.AndroidKeys
import org.wardkey.app.keys.BiometricSigningPrompts
import org.wardkey.app.screens.diagnostics.FailureLog
import org.wardkey.app.screens.preflight.AndroidProbes
import org.wardkey.app.screens.preflight.HttpsTunnelService
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.KnownAnswer
import org.wardkey.core.Passkey
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.nio.ByteBuffer

/** The phone, its core and its secure hardware. */
internal class AppWorld(private val application: WardkeyApplication) : ScreenWorld {
    override val probes = AndroidProbes(application, HttpsTunnelService(application))
    override val failures get() = FailureLog.of(application)

    override suspend fun passkeys(): List<Passkey> = core { it.provider.passkeys() }

    override suspend fun remove(activity: Activity, credentialId: ByteArray) = core {
        // The boundary lends these bytes to Rust without a copy, which works only outside the heap.
        val lent = ByteBuffer.allocateDirect(credentialId.size).put(credentialId).flip()
        it.provider.remove(lent, AndroidKeys(BiometricSigningPrompts(activity)))
    }

    override suspend fun configuration(): ConfigurationReport = core { it.configuration.value }

    override suspend fun selfTest(): List<KnownAnswer> =
        withContext(Dispatchers.Default) { org.wardkey.core.selfTest() }

    /** Off the main thread: the first use opens the core, and each reads the disk. */
    private suspend fun <T> core(work: (Wardkey) -> T): T = withContext(Dispatchers.IO) {
        try {
            work(application.wardkey)
        } catch (failure: LinkageError) {
            // A package without the library for this processor: a screen that says so is better than none.
            val detail = "the core does not load: ${failure.javaClass.simpleName}"
            throw PasskeyException.Internal(
                Failure(Step.STORAGE, Reason.UNEXPECTED, detail, DomError.UNKNOWN),
            ).apply { initCause(failure) }
        }
    }
}
