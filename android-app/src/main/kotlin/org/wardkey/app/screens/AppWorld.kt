package org.wardkey.app.screens

import android.app.Activity
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.wardkey.app.Wardkey
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.screens.diagnostics.FailureLog
import org.wardkey.app.screens.preflight.AndroidProbes
import org.wardkey.app.screens.preflight.HttpsTunnelService
import org.wardkey.app.withCore
import org.wardkey.core.ConfigurationReport
import org.wardkey.core.Passkey
import org.wardkey.core.Step
import org.wardkey.core.coreVersion
import org.wardkey.core.selfTest

/** The phone, its core and its secure hardware. */
internal class AppWorld(private val application: WardkeyApplication) : ScreenWorld {
    override val probes = AndroidProbes(application, HttpsTunnelService(application))
    override val failures get() = FailureLog.of(application)

    override suspend fun passkeys(): List<Passkey> = core { it.provider.passkeys() }

    override suspend fun remove(activity: Activity, credentialId: ByteArray) = core {
        it.provider.remove(credentialId, application.keys(activity))
    }

    override suspend fun sweep(activity: Activity) = core { it.provider.sweep(application.keys(activity)) }

    override suspend fun configuration(): ConfigurationReport = core { it.configuration.value }

    override suspend fun examineCore(): CoreFacts =
        withContext(Dispatchers.Default) { CoreFacts(coreVersion(), selfTest()) }

    /** Off the main thread: the first use opens the core, and each reads the disk. */
    private suspend fun <T> core(work: suspend (Wardkey) -> T): T =
        withContext(Dispatchers.IO) { application.withCore(Step.STORAGE, work) }
}
