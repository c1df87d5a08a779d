package org.wardkey.app

import android.app.Activity
import android.app.Application
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.util.Log
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import org.wardkey.app.hybrid.TunnelAccess
import org.wardkey.app.keys.AndroidKeys
import org.wardkey.app.keys.BiometricSigningPrompts
import org.wardkey.app.provider.OkHttpAssetLinks
import org.wardkey.app.screens.ActivityUser
import org.wardkey.app.words.failure
import org.wardkey.core.AssetLinkFetcher
import org.wardkey.core.HardwareKeys
import org.wardkey.core.PasskeyException
import org.wardkey.core.Step
import org.wardkey.core.UserInterface

/**
 * The process. Holds what lives as long as it does, and keeps the managed configuration up to date.
 *
 * The open functions are where tests put the world outside: a site's answers, browsers of their own.
 */
internal open class WardkeyApplication : Application() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)
    private val opening = lazy { Wardkey.open(this, privilegedApps(), assetLinks()) }

    /** Opened at first use, which takes 0.2 s: not to be read on the main thread. */
    val wardkey: Wardkey by opening

    /** The way to tunnel services; keeps the connection that the scanner warms up for the ceremony. */
    internal open val tunnelAccess: TunnelAccess by lazy { TunnelAccess() }

    override fun onCreate() {
        super.onCreate()
        val changes = IntentFilter(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED)
        registerReceiver(RestrictionsChanged(), changes, RECEIVER_NOT_EXPORTED)
    }

    /** The secure hardware, asking for its user in [activity]. */
    internal open fun keys(activity: Activity): HardwareKeys = AndroidKeys(BiometricSigningPrompts(activity))

    /** The person, asked and told things in [activity]. */
    internal open fun user(activity: Activity): UserInterface = ActivityUser(activity)

    protected open fun assetLinks(): AssetLinkFetcher = OkHttpAssetLinks()

    protected open fun privilegedApps(): String =
        assets.open("privileged_apps.json").use { it.readBytes().decodeToString() }

    /** Nobody waits for it, so nobody is told: each request begins with it too, and fails where it does. */
    private suspend fun reconfigure() = try {
        withCore(Step.REQUEST) { it.reconfigure() }
    } catch (failure: PasskeyException) {
        Log.w("Wardkey", "the managed configuration is not renewed: ${failure.failure.reason}")
    }

    /** The organization changed its mind: effective with the next request, without a restart. */
    private inner class RestrictionsChanged : BroadcastReceiver() {
        override fun onReceive(context: Context, intent: Intent) {
            // Not opened yet: it will read them when it is.
            if (opening.isInitialized()) scope.launch { reconfigure() }
        }
    }
}
