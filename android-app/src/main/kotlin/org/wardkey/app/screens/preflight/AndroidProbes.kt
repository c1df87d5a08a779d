package org.wardkey.app.screens.preflight

import android.Manifest
import android.bluetooth.BluetoothManager
import android.content.ComponentName
import android.content.Context
import android.content.pm.PackageManager
import android.credentials.CredentialManager
import android.os.BatteryManager
import android.os.PowerManager
import android.os.SystemClock
import android.provider.Settings
import android.util.Log
import org.wardkey.app.keys.keyProtection
import org.wardkey.app.provider.PasskeyProviderService
import org.wardkey.core.BluetoothState
import org.wardkey.core.CameraAccess
import org.wardkey.core.PhoneClock
import org.wardkey.core.PhoneFacts
import org.wardkey.core.PlayServices
import org.wardkey.core.Power
import org.wardkey.core.ProviderState
import java.time.Clock.systemUTC
import java.time.DateTimeException
import java.time.Duration

/** Asks Android. Quick, apart from [tunnel]; any thread will do. */
internal class AndroidProbes(
    private val context: Context,
    private val tunnelService: TunnelService,
) : Probes {
    private val features get() = context.packageManager

    override fun facts() = PhoneFacts(
        protection = context.keyProtection(),
        provider = provider(),
        playServices = playServices(),
        camera = camera(),
        bluetooth = bluetooth(),
        mayAdvertise = isGranted(Manifest.permission.BLUETOOTH_ADVERTISE),
        power = power(),
        clock = clock(),
    )

    private fun provider(): ProviderState {
        // Some builds of Android 14 lack the feature, and then the service too.
        val manager = context.getSystemService(CredentialManager::class.java)
        if (manager == null || !features.hasSystemFeature(PackageManager.FEATURE_CREDENTIALS)) {
            return ProviderState.UNSUPPORTED
        }
        val service = ComponentName(context, PasskeyProviderService::class.java)
        return try {
            val enabled = manager.isEnabledCredentialProviderService(service)
            if (enabled) ProviderState.ENABLED else ProviderState.DISABLED
        } catch (failure: RuntimeException) {
            // The system's own service fails, or refuses to say: no reason to keep the other findings back.
            Log.w(TAG, "whether the provider is enabled: ${failure.javaClass.name}")
            ProviderState.UNKNOWN
        }
    }

    private fun playServices(): PlayServices = try {
        val flags = PackageManager.ApplicationInfoFlags.of(0)
        val info = features.getApplicationInfo(GOOGLE_PLAY_SERVICES, flags)
        if (info.enabled) PlayServices.PRESENT else PlayServices.DISABLED
    } catch (_: PackageManager.NameNotFoundException) {
        PlayServices.MISSING
    }

    private fun camera() = when {
        !features.hasSystemFeature(PackageManager.FEATURE_CAMERA_ANY) -> CameraAccess.MISSING
        isGranted(Manifest.permission.CAMERA) -> CameraAccess.ALLOWED
        else -> CameraAccess.DENIED
    }

    private fun bluetooth(): BluetoothState {
        val adapter = context.getSystemService(BluetoothManager::class.java)?.adapter
        return when {
            adapter == null -> BluetoothState.MISSING
            !features.hasSystemFeature(PackageManager.FEATURE_BLUETOOTH_LE) -> BluetoothState.NO_ADVERTS
            !adapter.isEnabled -> BluetoothState.OFF
            // Says no while Bluetooth is off, whatever the hardware can do.
            !adapter.isMultipleAdvertisementSupported -> BluetoothState.NO_ADVERTS
            else -> BluetoothState.ON
        }
    }

    private fun power(): Power {
        val battery = context.getSystemService(BatteryManager::class.java)
        // Integer.MIN_VALUE, or nonsense, where the phone does not know.
        val capacity = battery.getIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY)
        val saver = context.getSystemService(PowerManager::class.java).isPowerSaveMode
        return Power(saver, capacity.takeIf { it in 0..FULL }?.toUByte(), battery.isCharging)
    }

    private fun clock(): PhoneClock {
        val automatic = Settings.Global.getInt(context.contentResolver, Settings.Global.AUTO_TIME, 0) == 1
        val error = try {
            Duration.between(SystemClock.currentNetworkTimeClock().instant(), systemUTC().instant())
        } catch (_: DateTimeException) {
            null
        }
        return PhoneClock(automatic, error?.seconds)
    }

    override suspend fun tunnel(domain: String) = tunnelService.reach(domain)

    private fun isGranted(permission: String) =
        context.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED

    private companion object {
        const val TAG = "Wardkey"

        /** Percent. */
        const val FULL = 100
    }
}
