package org.wardkey.app.screens.preflight

import android.app.Activity
import android.app.admin.DevicePolicyManager
import android.content.ActivityNotFoundException
import android.content.Intent
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import android.net.Uri
import android.provider.Settings
import android.widget.Toast
import androidx.annotation.StringRes
import org.wardkey.app.R
import org.wardkey.core.Fix

/** What the button says that leads there. */
@get:StringRes
internal val Fix.words: Int
    get() = when (this) {
        Fix.SCREEN_LOCK -> R.string.fix_screen_lock
        Fix.BIOMETRICS -> R.string.fix_biometrics
        Fix.PROVIDER -> R.string.fix_provider
        Fix.PLAY_SERVICES -> R.string.fix_play_services
        Fix.PERMISSIONS -> R.string.fix_permissions
        Fix.BLUETOOTH -> R.string.fix_bluetooth
        Fix.NETWORK -> R.string.fix_network
        Fix.BATTERY_SAVER -> R.string.fix_battery_saver
        Fix.CLOCK -> R.string.fix_clock
        Fix.UPDATE -> R.string.fix_update
    }

/** Opens the page of Android for it, or else Settings: makers leave pages out, or keep them to themselves. */
internal fun Fix.openFrom(activity: Activity) {
    val pages = listOf(page(activity.packageName), Intent(Settings.ACTION_SETTINGS))
    if (pages.none(activity::opens)) {
        // An organization can close them all.
        Toast.makeText(activity, R.string.fix_closed, Toast.LENGTH_LONG).show()
    }
}

private fun Fix.page(ownPackage: String): Intent = when (this) {
    Fix.SCREEN_LOCK -> Intent(DevicePolicyManager.ACTION_SET_NEW_PASSWORD)
    Fix.BIOMETRICS -> Intent(Settings.ACTION_BIOMETRIC_ENROLL)
        .putExtra(Settings.EXTRA_BIOMETRIC_AUTHENTICATORS_ALLOWED, BIOMETRIC_STRONG)
    Fix.PROVIDER -> Intent(ACTION_CREDENTIAL_PROVIDER, packageUri(ownPackage))
    Fix.PLAY_SERVICES ->
        Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, packageUri(GOOGLE_PLAY_SERVICES))
    Fix.PERMISSIONS -> Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, packageUri(ownPackage))
    Fix.BLUETOOTH -> Intent(Settings.ACTION_BLUETOOTH_SETTINGS)
    Fix.NETWORK -> Intent(Settings.ACTION_WIRELESS_SETTINGS)
    Fix.BATTERY_SAVER -> Intent(Settings.ACTION_BATTERY_SAVER_SETTINGS)
    Fix.CLOCK -> Intent(Settings.ACTION_DATE_SETTINGS)
    Fix.UPDATE -> Intent(ACTION_SYSTEM_UPDATE)
}

private fun packageUri(name: String) = Uri.fromParts("package", name, null)

private fun Activity.opens(page: Intent): Boolean = try {
    startActivity(page)
    true
} catch (_: ActivityNotFoundException) {
    false
} catch (_: SecurityException) {
    false
}

/** Android 14 answers to it; its constant in [Settings] came with Android 15. */
private const val ACTION_CREDENTIAL_PROVIDER = "android.settings.CREDENTIAL_PROVIDER"

/** Not part of the public API by name, but where most phones keep their updates. */
private const val ACTION_SYSTEM_UPDATE = "android.settings.SYSTEM_UPDATE_SETTINGS"

/** The package that asks on behalf of a computer whose code was scanned with the phone's camera. */
internal const val GOOGLE_PLAY_SERVICES = "com.google.android.gms"
