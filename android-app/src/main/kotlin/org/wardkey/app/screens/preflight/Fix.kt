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

/** Pages of Android where the user can put something right. */
internal enum class Fix(@get:StringRes val words: Int) {
    SCREEN_LOCK(R.string.fix_screen_lock),
    BIOMETRICS(R.string.fix_biometrics),
    PROVIDER(R.string.fix_provider),
    PLAY_SERVICES(R.string.fix_play_services),
    PERMISSIONS(R.string.fix_permissions),
    BLUETOOTH(R.string.fix_bluetooth),
    NETWORK(R.string.fix_network),
    BATTERY_SAVER(R.string.fix_battery_saver),
    CLOCK(R.string.fix_clock),
    UPDATE(R.string.fix_update),
    ;

    /** Opens the page, or else Settings: makers leave pages out, or keep them to themselves. */
    fun openFrom(activity: Activity) {
        val pages = listOf(intent(activity.packageName), Intent(Settings.ACTION_SETTINGS))
        if (pages.none(activity::opens)) {
            // An organization can close them all.
            Toast.makeText(activity, R.string.fix_closed, Toast.LENGTH_LONG).show()
        }
    }

    private fun intent(ownPackage: String): Intent = when (this) {
        SCREEN_LOCK -> Intent(DevicePolicyManager.ACTION_SET_NEW_PASSWORD)
        BIOMETRICS -> Intent(Settings.ACTION_BIOMETRIC_ENROLL)
            .putExtra(Settings.EXTRA_BIOMETRIC_AUTHENTICATORS_ALLOWED, BIOMETRIC_STRONG)
        PROVIDER -> Intent(ACTION_CREDENTIAL_PROVIDER, packageUri(ownPackage))
        PLAY_SERVICES ->
            Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, packageUri(GOOGLE_PLAY_SERVICES))
        PERMISSIONS -> Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, packageUri(ownPackage))
        BLUETOOTH -> Intent(Settings.ACTION_BLUETOOTH_SETTINGS)
        NETWORK -> Intent(Settings.ACTION_WIRELESS_SETTINGS)
        BATTERY_SAVER -> Intent(Settings.ACTION_BATTERY_SAVER_SETTINGS)
        CLOCK -> Intent(Settings.ACTION_DATE_SETTINGS)
        UPDATE -> Intent(ACTION_SYSTEM_UPDATE)
    }

    private fun packageUri(name: String) = Uri.fromParts("package", name, null)

    private companion object {
        /** Android 14 answers to it; its constant in [Settings] came with Android 15. */
        const val ACTION_CREDENTIAL_PROVIDER = "android.settings.CREDENTIAL_PROVIDER"

        /** Not part of the public API by name, but where most phones keep their updates. */
        const val ACTION_SYSTEM_UPDATE = "android.settings.SYSTEM_UPDATE_SETTINGS"
    }
}

private fun Activity.opens(page: Intent): Boolean = try {
    startActivity(page)
    true
} catch (_: ActivityNotFoundException) {
    false
} catch (_: SecurityException) {
    false
}

/** The package that asks on behalf of a computer whose code was scanned with the phone's camera. */
internal const val GOOGLE_PLAY_SERVICES = "com.google.android.gms"
