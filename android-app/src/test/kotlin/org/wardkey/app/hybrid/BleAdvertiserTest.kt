package org.wardkey.app.hybrid

import android.Manifest
import android.app.Application
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothManager
import android.bluetooth.le.AdvertiseCallback
import android.bluetooth.le.AdvertiseData
import android.bluetooth.le.AdvertiseSettings
import android.bluetooth.le.BluetoothLeAdvertiser
import android.content.ContextWrapper
import android.content.Intent
import android.os.Looper
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.After
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.wardkey.core.Radio
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap

/**
 * Android's advertiser, reduced to what it was asked for; Robolectric's own keeps neither settings nor
 * callback.
 */
@Implements(BluetoothLeAdvertiser::class)
internal class RecordingAdvertiser {
    class Advert(val settings: AdvertiseSettings, val data: AdvertiseData)

    @Implementation
    fun startAdvertising(settings: AdvertiseSettings, data: AdvertiseData, callback: AdvertiseCallback) {
        refuseStart?.let { throw it }
        onAir[callback] = Advert(settings, data)
    }

    @Implementation
    fun stopAdvertising(callback: AdvertiseCallback) {
        onAir -= callback
        refuseStop?.let { throw it }
    }

    companion object {
        /** Adverts are started and stopped by whichever thread the ceremony is on. */
        val onAir = ConcurrentHashMap<AdvertiseCallback, Advert>()

        /** What Android throws at whoever starts or stops, if it does. */
        @Volatile
        var refuseStart: RuntimeException? = null

        @Volatile
        var refuseStop: RuntimeException? = null
    }
}

/** What is on the air, and what is said when nothing can be. */
@RunWith(RobolectricTestRunner::class)
@Config(shadows = [RecordingAdvertiser::class])
internal class BleAdvertiserTest {
    private val application: Application = RuntimeEnvironment.getApplication()
    private val adapter: BluetoothAdapter = application.getSystemService(BluetoothManager::class.java).adapter
    private val serviceData = ByteArray(20) { (it + 1).toByte() }
    private val problems = mutableListOf<Radio>()
    private val advertiser = BleAdvertiser(application)
    private val air = RecordingAdvertiser.onAir

    @Before
    fun switchOn() {
        air.clear()
        shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        shadowOf(adapter).setState(BluetoothAdapter.STATE_ON)
    }

    private fun advertise() = advertiser.advertise(serviceData, problems::add)

    /** The advert as Android lays it out, with the flags that some phones put before it. */
    private fun onTheWire(data: AdvertiseData): ByteArray {
        val uuid = { it: UUID -> (it.mostSignificantBits ushr 32).toInt().toShort() }
        val bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).put(byteArrayOf(2, 1, 6))
        bytes.put((1 + 2 * data.serviceUuids.size).toByte()).put(3)
        data.serviceUuids.forEach { bytes.putShort(uuid(it.uuid)) }
        for ((service, content) in data.serviceData) {
            bytes.put((3 + content.size).toByte()).put(0x16).putShort(uuid(service.uuid)).put(content)
        }
        return bytes.array().copyOf(bytes.position())
    }

    @Test
    @OptIn(ExperimentalStdlibApi::class)
    fun `fills the 31 bytes of a legacy advert exactly`() {
        advertise()
        val data = air.values.single().data
        val expected = "020106" + "0303f9ff" + "1716f9ff" + serviceData.toHexString()
        assertEquals(expected, onTheWire(data).toHexString())
        assertEquals(31, onTheWire(data).size)
        assertFalse(data.includeDeviceName)
        assertFalse(data.includeTxPowerLevel)
        assertEquals(0, data.manufacturerSpecificData.size())
        assertArrayEquals(serviceData, data.serviceData.values.single())
    }

    @Test
    fun `is quick, loud, endless and not to be connected to`() {
        advertise()
        val settings = air.values.single().settings
        assertEquals(AdvertiseSettings.ADVERTISE_MODE_LOW_LATENCY, settings.mode)
        assertEquals(AdvertiseSettings.ADVERTISE_TX_POWER_HIGH, settings.txPowerLevel)
        assertFalse(settings.isConnectable)
        assertEquals(0, settings.timeout)
    }

    @Test
    fun `stops, once or twice, and what comes later is of no concern`() {
        advertise()
        val callback = air.keys.single()
        advertiser.stop()
        advertiser.stop()
        assertTrue(air.isEmpty())
        callback.onStartFailure(AdvertiseCallback.ADVERTISE_FAILED_INTERNAL_ERROR)
        assertEquals(emptyList<Radio>(), problems)
    }

    @Test
    fun `one advert takes the place of the other`() {
        advertise()
        advertiser.advertise(ByteArray(20), problems::add)
        assertArrayEquals(ByteArray(20), air.values.single().data.serviceData.values.single())
    }

    @Test
    fun `every error of Android's is told, once`() {
        val expected = mapOf(
            AdvertiseCallback.ADVERTISE_FAILED_DATA_TOO_LARGE to Radio.FAILED,
            AdvertiseCallback.ADVERTISE_FAILED_TOO_MANY_ADVERTISERS to Radio.FAILED,
            AdvertiseCallback.ADVERTISE_FAILED_ALREADY_STARTED to Radio.FAILED,
            AdvertiseCallback.ADVERTISE_FAILED_INTERNAL_ERROR to Radio.FAILED,
            AdvertiseCallback.ADVERTISE_FAILED_FEATURE_UNSUPPORTED to Radio.UNAVAILABLE,
        )
        for ((code, problem) in expected) {
            problems.clear()
            advertise()
            val callback = air.keys.single()
            repeat(2) { callback.onStartFailure(code) }
            assertEquals(listOf(problem), problems)
        }
    }

    @Test
    fun `Bluetooth that is off, or goes off, is told`() {
        advertise()
        val off = Intent(BluetoothAdapter.ACTION_STATE_CHANGED)
            .putExtra(BluetoothAdapter.EXTRA_STATE, BluetoothAdapter.STATE_TURNING_OFF)
        application.sendBroadcast(off)
        shadowOf(Looper.getMainLooper()).idle()
        shadowOf(adapter).setState(BluetoothAdapter.STATE_OFF)
        advertise()
        assertEquals(listOf(Radio.OFF, Radio.OFF), problems)
    }

    @Test
    fun `a missing permission is told before Android throws`() {
        shadowOf(application).denyPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        advertise()
        assertEquals(listOf(Radio.PERMISSION_DENIED), problems)
    }

    @Test
    fun `what Android throws at the start is told, once, and nothing listens after it`() {
        val before = shadowOf(application).registeredReceivers.size
        val refusals = mapOf(
            SecurityException("permission") to Radio.PERMISSION_DENIED,
            IllegalStateException("BT Adapter is not turned ON") to Radio.OFF,
        )
        for ((thrown, told) in refusals) {
            problems.clear()
            RecordingAdvertiser.refuseStart = thrown
            advertise()
            assertEquals(listOf(told), problems)
            assertEquals(before, shadowOf(application).registeredReceivers.size)
            advertiser.stop()
        }
    }

    @Test
    fun `what Android throws at the end is nobody's concern`() {
        for (thrown in listOf(SecurityException("permission"), IllegalStateException("off"))) {
            RecordingAdvertiser.refuseStop = null
            advertise()
            RecordingAdvertiser.refuseStop = thrown
            advertiser.stop()
            assertEquals(emptyList<Radio>(), problems)
        }
    }

    @After
    fun `refuse nothing any more`() {
        RecordingAdvertiser.refuseStart = null
        RecordingAdvertiser.refuseStop = null
    }

    @Test
    fun `a phone without a radio is told`() {
        val bare = object : ContextWrapper(application) {
            override fun getApplicationContext() = this

            override fun getSystemService(name: String): Any? =
                if (name == BLUETOOTH_SERVICE) null else super.getSystemService(name)
        }
        BleAdvertiser(bare).advertise(serviceData, problems::add)
        assertEquals(listOf(Radio.UNAVAILABLE), problems)
        assertTrue(air.isEmpty())
    }

    @Test
    fun `nothing listens when nothing is on the air`() {
        val before = shadowOf(application).registeredReceivers.size
        advertise()
        assertTrue(shadowOf(application).registeredReceivers.size > before)
        advertiser.stop()
        assertEquals(before, shadowOf(application).registeredReceivers.size)
    }
}
