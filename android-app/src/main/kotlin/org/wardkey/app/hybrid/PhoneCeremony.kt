package org.wardkey.app.hybrid

import android.app.Activity
import android.os.SystemClock
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.withContext
import org.wardkey.app.WardkeyApplication
import org.wardkey.app.withCore
import org.wardkey.app.words.failure
import org.wardkey.core.HybridOutcome
import org.wardkey.core.PasskeyException
import org.wardkey.core.Step
import org.wardkey.core.wellFormed

/** One ceremony, as its screen sees it. */
internal interface Ceremony {
    val progress: Flow<List<Progress>>

    /** Runs it to its end; throws nothing but its cancellation. */
    suspend fun run(): HybridOutcome

    /** The person calls it off. */
    fun callOff()
}

/** A ceremony of this phone's: its radio, its keys, and the person in front of [activity]. */
internal class PhoneCeremony(
    private val activity: Activity,
    private val code: String,
    access: TunnelAccess = (activity.application as WardkeyApplication).tunnelAccess,
) : Ceremony {
    private val driver = HybridDriver(OkHttpTunnel(access.client), BleAdvertiser(activity), ::now)

    override val progress: Flow<List<Progress>> get() = driver.progress

    override fun callOff() = driver.callOff()

    override suspend fun run(): HybridOutcome = withContext(Dispatchers.IO) {
        val application = activity.application as WardkeyApplication
        try {
            application.withCore(Step.CODE) { wardkey ->
                val keys = application.keys(activity)
                val person = application.user(activity)
                wardkey.reconfigure()
                val provider = wardkey.provider
                provider.scan(code.wellFormed(), now()).use { phone ->
                    driver.run(phone) { command -> provider.answer(command, keys, person) }
                }
            }
        } catch (refused: PasskeyException) {
            HybridOutcome.Failed(refused.failure)
        }
    }

    private fun now(): ULong = SystemClock.elapsedRealtime().toULong()
}
