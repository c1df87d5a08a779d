package org.wardkey.app.screens.preflight

import android.Manifest
import android.app.KeyguardManager
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothManager
import android.content.ContextWrapper
import android.content.pm.ApplicationInfo
import android.content.pm.PackageInfo
import android.content.pm.PackageManager
import android.hardware.biometrics.BiometricManager
import android.os.BatteryManager
import android.os.PowerManager
import android.os.SystemClock
import android.provider.Settings
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowBiometricManager
import org.robolectric.shadows.ShadowBluetoothAdapter
import org.robolectric.shadows.ShadowSystemClock
import org.wardkey.app.keys.biometricsOf
import org.wardkey.core.Biometrics
import org.wardkey.core.BluetoothState
import org.wardkey.core.CameraAccess
import org.wardkey.core.KeyHardware
import org.wardkey.core.PlayServices
import org.wardkey.core.Power
import org.wardkey.core.ProviderState
import org.wardkey.core.TunnelReach
import java.time.Duration
import java.time.Instant

/** Each probe against the framework, switched from one state to the next. */
@RunWith(RobolectricTestRunner::class)
internal class AndroidProbesTest {
    private val context = RuntimeEnvironment.getApplication()
    private val packages = shadowOf(context.packageManager)
    private val probes = AndroidProbes(context) { domain ->
        assertEquals("tunnel.example.org", domain)
        TunnelReach.BLOCKED
    }

    @Test
    fun `sees a screen lock`() {
        val keyguard = shadowOf(context.getSystemService(KeyguardManager::class.java))
        for (secure in listOf(true, false)) {
            keyguard.setIsDeviceSecure(secure)
            assertEquals(secure, probes.facts().protection.screenLock)
        }
    }

    @Test
    fun `tells the states of biometrics apart`() {
        val manager = Shadow.extract<ShadowBiometricManager>(
            context.getSystemService(BiometricManager::class.java),
        )
        val expected = mapOf(
            BiometricManager.BIOMETRIC_SUCCESS to Biometrics.READY,
            BiometricManager.BIOMETRIC_ERROR_NONE_ENROLLED to Biometrics.NONE_ENROLLED,
            BiometricManager.BIOMETRIC_ERROR_NO_HARDWARE to Biometrics.NO_HARDWARE,
            BiometricManager.BIOMETRIC_ERROR_SECURITY_UPDATE_REQUIRED to Biometrics.UPDATE_REQUIRED,
            BiometricManager.BIOMETRIC_ERROR_HW_UNAVAILABLE to Biometrics.BUSY,
        )
        for ((answer, state) in expected) assertEquals(state, biometricsOf(answer))
        manager.setAuthenticatorType(BiometricManager.Authenticators.BIOMETRIC_STRONG)
        manager.setCanAuthenticate(true)
        assertEquals(Biometrics.READY, probes.facts().protection.biometrics)
        // Robolectric's other answer.
        manager.setCanAuthenticate(false)
        assertNotEquals(Biometrics.READY, probes.facts().protection.biometrics)
    }

    @Test
    fun `sees the best hardware`() {
        assertEquals(KeyHardware.UNKNOWN, probes.facts().protection.hardware)
        packages.setSystemFeature(PackageManager.FEATURE_HARDWARE_KEYSTORE, true)
        assertEquals(KeyHardware.TRUSTED_ENVIRONMENT, probes.facts().protection.hardware)
        packages.setSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE, true)
        assertEquals(KeyHardware.STRONG_BOX, probes.facts().protection.hardware)
    }

    @Test
    fun `a phone without credential providers has none to enable`() {
        packages.setSystemFeature(PackageManager.FEATURE_CREDENTIALS, false)
        assertEquals(ProviderState.UNSUPPORTED, probes.facts().provider)
    }

    @Test
    fun `sees Play services, and whether they are switched off`() {
        assertEquals(PlayServices.MISSING, probes.facts().playServices)
        val info = ApplicationInfo().apply { packageName = "com.google.android.gms" }
        packages.installPackage(
            PackageInfo().apply {
                packageName = info.packageName
                applicationInfo = info.apply { enabled = true }
            },
        )
        assertEquals(PlayServices.PRESENT, probes.facts().playServices)
        context.packageManager.setApplicationEnabledSetting(
            info.packageName,
            PackageManager.COMPONENT_ENABLED_STATE_DISABLED,
            0,
        )
        assertEquals(PlayServices.DISABLED, probes.facts().playServices)
    }

    @Test
    fun `sees the camera and its permission`() {
        packages.setSystemFeature(PackageManager.FEATURE_CAMERA_ANY, false)
        assertEquals(CameraAccess.MISSING, probes.facts().camera)
        packages.setSystemFeature(PackageManager.FEATURE_CAMERA_ANY, true)
        assertEquals(CameraAccess.DENIED, probes.facts().camera)
        shadowOf(context).grantPermissions(Manifest.permission.CAMERA)
        assertEquals(CameraAccess.ALLOWED, probes.facts().camera)
    }

    @Test
    fun `tells the states of Bluetooth apart`() {
        packages.setSystemFeature(PackageManager.FEATURE_BLUETOOTH_LE, true)
        val adapter = context.getSystemService(BluetoothManager::class.java).adapter
        shadowOf(adapter).setState(BluetoothAdapter.STATE_OFF)
        assertEquals(BluetoothState.OFF, probes.facts().bluetooth)
        shadowOf(adapter).setState(BluetoothAdapter.STATE_ON)
        ShadowBluetoothAdapter.setIsBluetoothSupported(true)
        shadowOf(adapter).setIsMultipleAdvertisementSupported(true)
        assertEquals(BluetoothState.ON, probes.facts().bluetooth)
        shadowOf(adapter).setIsMultipleAdvertisementSupported(false)
        assertEquals(BluetoothState.NO_ADVERTS, probes.facts().bluetooth)
        packages.setSystemFeature(PackageManager.FEATURE_BLUETOOTH_LE, false)
        assertEquals(BluetoothState.NO_ADVERTS, probes.facts().bluetooth)
    }

    @Test
    fun `sees the permission to advertise`() {
        assertFalse(probes.facts().mayAdvertise)
        shadowOf(context).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        assertTrue(probes.facts().mayAdvertise)
    }

    @Test
    fun `reads the battery`() {
        val battery = shadowOf(context.getSystemService(BatteryManager::class.java))
        val saver = shadowOf(context.getSystemService(PowerManager::class.java))
        battery.setIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY, 19)
        battery.setIsCharging(true)
        assertEquals(Power(saver = false, percent = 19u, charging = true), probes.facts().power)
        battery.setIntProperty(BatteryManager.BATTERY_PROPERTY_CAPACITY, Int.MIN_VALUE)
        battery.setIsCharging(false)
        saver.setIsPowerSaveMode(true)
        assertEquals(Power(saver = true, percent = null, charging = false), probes.facts().power)
    }

    @Test
    fun `sees who sets the clock`() {
        for (automatic in listOf(true, false)) {
            val value = if (automatic) 1 else 0
            Settings.Global.putInt(context.contentResolver, Settings.Global.AUTO_TIME, value)
            assertEquals(automatic, probes.facts().clock.automatic)
        }
    }

    @Test
    fun `measures the clock against the network's, if there is one`() {
        ShadowSystemClock.setNetworkTimeAvailable(false)
        assertEquals(null, probes.facts().clock.error)
        ShadowSystemClock.setNetworkTimeAvailable(true)
        val network = SystemClock.currentNetworkTimeClock().instant()
        val earliest = Duration.between(network, Instant.now()).seconds
        val error = checkNotNull(probes.facts().clock.error)
        // Robolectric's network has a year of its own; the phone is ahead of it.
        assertTrue("$error", error in earliest..Duration.between(network, Instant.now()).seconds)
    }

    @Test
    fun `a phone without Bluetooth has none, whatever is asked of it`() {
        val bare = object : ContextWrapper(context) {
            override fun getSystemService(name: String): Any? =
                if (name == BLUETOOTH_SERVICE) null else super.getSystemService(name)
        }
        packages.setSystemFeature(PackageManager.FEATURE_BLUETOOTH_LE, true)
        assertEquals(BluetoothState.MISSING, AndroidProbes(bare) { TunnelReach.BLOCKED }.facts().bluetooth)
    }

    @Test
    fun `asks for the tunnel service by its name`() =
        assertEquals(TunnelReach.BLOCKED, runBlocking { probes.tunnel("tunnel.example.org") })
}
