package org.wardkey.app.provider

import android.app.KeyguardManager
import android.content.Context
import android.content.pm.PackageManager
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import androidx.annotation.StringRes
import org.wardkey.app.R
import org.wardkey.core.ConfigurationReport

/** Why no passkey can be made or used just now, and the person can do something about it. */
internal enum class Obstacle(@get:StringRes val words: Int) {
    NO_SCREEN_LOCK(R.string.provider_no_screen_lock),
    NO_BIOMETRICS(R.string.provider_no_biometrics),
    NO_SECURE_ELEMENT(R.string.provider_no_secure_element),
    STORAGE(R.string.provider_storage),
    ;

    internal companion object {
        /** What stands in the way of every passkey of this phone under [configuration]. */
        fun toGet(context: Context, configuration: ConfigurationReport): Obstacle? = when {
            !context.getSystemService(KeyguardManager::class.java).isDeviceSecure -> NO_SCREEN_LOCK
            !configuration.pinAllowed && !hasBiometrics(context) -> NO_BIOMETRICS
            else -> null
        }

        /** What stands in the way of a new passkey: that, and the hardware that its key must live in. */
        fun toCreate(context: Context, configuration: ConfigurationReport): Obstacle? =
            toGet(context, configuration) ?: NO_SECURE_ELEMENT.takeIf {
                configuration.strongBoxRequired && !hasStrongBox(context)
            }

        /** Temporary failures do not count: the prompt itself tells of those, and waits for them to pass. */
        private fun hasBiometrics(context: Context): Boolean =
            when (context.getSystemService(BiometricManager::class.java).canAuthenticate(BIOMETRIC_STRONG)) {
                BiometricManager.BIOMETRIC_ERROR_NONE_ENROLLED,
                BiometricManager.BIOMETRIC_ERROR_NO_HARDWARE,
                BiometricManager.BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED,
                -> false
                else -> true
            }

        private fun hasStrongBox(context: Context) =
            context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)
    }
}
