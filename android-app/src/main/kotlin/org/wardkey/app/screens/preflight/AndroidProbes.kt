package org.wardkey.app.screens.preflight

import android.Manifest
import android.app.KeyguardManager
import android.bluetooth.BluetoothManager
import android.content.ComponentName
import android.content.Context
import android.content.pm.PackageManager
import android.credentials.CredentialManager
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricManager.Authenticators.BIOMETRIC_STRONG
import android.os.BatteryManager
import android.os.PowerManager
import android.os.SystemClock
import android.provider.Settings
import android.util.Log
import org.wardkey.app.provider.PasskeyProviderService
import java.time.Clock.systemUTC
import java.time.DateTimeException
import java.time.Duration

/** Asks Android. Quick, apart from [tunnel]; any thread will do. */
internal class AndroidProbes(
    private val context: Context,
    private val tunnelService: TunnelService,
) : Probes {
    private val features get() = context.packageManager

    override fun hasScreenLock() = context.getSystemService(KeyguardManager::class.java).isDeviceSecure

    override fun biometrics(): Biometrics {
        val manager = context.getSystemService(BiometricManager::class.java)
        return manager?.let { biometricsOf(it.canAuthenticate(BIOMETRIC_STRONG)) } ?: Biometrics.NO_HARDWARE
    }

    override fun hardware() = when {
        features.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE) -> Hardware.STRONG_BOX
        features.hasSystemFeature(PackageManager.FEATURE_HARDWARE_KEYSTORE) -> Hardware.TRUSTED_ENVIRONMENT
        else -> Hardware.UNKNOWN
    }

    override fun provider(): Provider {
        // Some builds of Android 14 lack the feature, and then the service too.
        val manager = context.getSystemService(CredentialManager::class.java)
        if (manager == null || !features.hasSystemFeature(PackageManager.FEATURE_CREDENTIALS)) {
            return Provider.UNSUPPORTED
        }
        val service = ComponentName(context, PasskeyProviderService::class.java)
        return try {
            val enabled = manager.isEnabledCredentialProviderService(service)
            if (enabled) Provider.ENABLED else Provider.DISABLED
        } catch (failure: RuntimeException) {
            // The system's own service fails, or refuses to say: no reason to keep the other findings back.
            Log.w(TAG, "whether the provider is enabled: ${failure.javaClass.name}")
            Provider.UNKNOWN
        }
    }

    override fun playServices(): PlayServices = try {
        val flags = PackageManager.ApplicationInfoFlags.of(0)
        val info = features.getApplicationInfo(GOOGLE_PLAY_SERVICES, flags)
        if (info.enabled) PlayServices.PRESENT else PlayServices.DISABLED
    } catch (_: PackageManager.NameNotFoundException) {
        PlayServices.MISSING
    }

    override fun camera() = when {
        !features.hasSystemFeature(PackageManager.FEATURE_CAMERA_ANY) -> Camera.MISSING
        isGranted(Manifest.permission.CAMERA) -> Camera.ALLOWED
        else -> Camera.DENIED
    }

    override fun bluetooth(): Bluetooth {
        val adapter = context.getSystemService(BluetoothManager::class.java)?.adapter
        return when {
            adapter == null -> Bluetooth.MISSING
            !features.hasSystemFeature(PackageManager.FEATURE_BLUETOOTH_LE) -> Bluetooth.NO_ADVERTS
            !adapter.isEnabled -> Bluetooth.OFF
            // Says no while Bluetooth is off, whatever the hardware can do.
            !adapter.isMultipleAdvertisementSupported -> Bluetooth.NO_ADVERTS
            else -> Bluetooth.ON
        }
    }

    override fun mayAdvertise() = isGranted(Manifest.permission.BLUETOOTH_ADVERTISE)

    override fun power(): Power {
        val battery = context.getSystemService(BatteryManager::class.java)
        // Integer.MIN_VALUE, or nonsense, where the phone does not know.
        val capacity = battery.getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY)
        val saver = context.getSystemService(PowerManager::class.java).isPowerSaveMode
        return Power(saver, capacity.takeIf { it in 0..FULL }, battery.isCharging)
    }

    override fun clock(): Clock {
        val automatic = Settings.Global.getInt(context.contentResolver, Settings.Global.AUTO_TIME, 0) == 1
        val error = try {
            Duration.between(SystemClock.currentNetworkTimeClock().instant(), systemUTC().instant())
        } catch (_: DateTimeException) {
            null
        }
        return Clock(automatic, error)
    }

    override suspend fun tunnel(domain: String) = tunnelService.reach(domain)

    private fun isGranted(permission: String) =
        context.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED

    companion object {
        private const val TAG = "Wardkey"

        /** Percent. */
        private const val FULL = 100

        /** What an answer of [BiometricManager.canAuthenticate] means. */
        fun biometricsOf(answer: Int): Biometrics = when (answer) {
            BiometricManager.BIOMETRIC_SUCCESS -> Biometrics.READY
            BiometricManager.BIOMETRIC_ERROR_NONE_ENROLLED -> Biometrics.NONE_ENROLLED
            BiometricManager.BIOMETRIC_ERROR_NO_HARDWARE -> Biometrics.NO_HARDWARE
            BiometricManager.BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED -> Biometrics.UPDATE_REQUIRED
            // In use, or whatever a later Android adds: the prompt will say more.
            else -> Biometrics.BUSY
        }
    }
}
