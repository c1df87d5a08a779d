package org.wardkey.app.hybrid

import android.Manifest
import android.annotation.SuppressLint
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothManager
import android.bluetooth.le.AdvertiseCallback
import android.bluetooth.le.AdvertiseData
import android.bluetooth.le.AdvertiseSettings
import android.bluetooth.le.BluetoothLeAdvertiser
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.content.pm.PackageManager
import android.os.ParcelUuid
import org.wardkey.core.Radio

/**
 * The phone's Bluetooth Low Energy radio.
 *
 * A legacy advert has 31 bytes: 3 of flags, which some phones add, 4 that list the service and 24 with its
 * data are exactly all of them. So neither the phone's name nor its power is included.
 */
internal class BleAdvertiser(context: Context) : Advertiser {
    private val context = context.applicationContext
    private var onAir: OnAir? = null

    @Synchronized
    override fun advertise(serviceData: ByteArray, failed: (Radio) -> Unit) {
        stop()
        val advertiser = when (val found = findAdvertiser()) {
            is Found.Ready -> found.advertiser
            is Found.Not -> return failed(found.why)
        }
        val next = OnAir(context, advertiser, failed)
        onAir = next
        next.start(dataOf(serviceData))
    }

    @Synchronized
    override fun stop() {
        onAir?.end()
        onAir = null
    }

    private sealed interface Found {
        class Ready(val advertiser: BluetoothLeAdvertiser) : Found

        class Not(val why: Radio) : Found
    }

    private fun findAdvertiser(): Found {
        val adapter = context.getSystemService(BluetoothManager::class.java)?.adapter
        val permission = context.checkSelfPermission(Manifest.permission.BLUETOOTH_ADVERTISE)
        return when {
            adapter == null -> Found.Not(Radio.UNAVAILABLE)
            permission != PackageManager.PERMISSION_GRANTED -> Found.Not(Radio.PERMISSION_DENIED)
            !adapter.isEnabled -> Found.Not(Radio.OFF)
            // Null where the radio can only listen.
            else -> adapter.bluetoothLeAdvertiser?.let(Found::Ready) ?: Found.Not(Radio.UNAVAILABLE)
        }
    }

    internal companion object {
        private val SERVICE_UUID = ParcelUuid.fromString("0000fff9-0000-1000-8000-00805f9b34fb")

        /** For another device to notice at once, and from across a desk. */
        internal val SETTINGS: AdvertiseSettings = AdvertiseSettings.Builder()
            .setAdvertiseMode(AdvertiseSettings.ADVERTISE_MODE_LOW_LATENCY)
            .setTxPowerLevel(AdvertiseSettings.ADVERTISE_TX_POWER_HIGH)
            .setConnectable(false)
            .setTimeout(0)
            .build()

        internal fun dataOf(serviceData: ByteArray): AdvertiseData = AdvertiseData.Builder()
            .setIncludeDeviceName(false)
            .setIncludeTxPowerLevel(false)
            .addServiceUuid(SERVICE_UUID)
            .addServiceData(SERVICE_UUID, serviceData)
            .build()
    }
}

/** One advert, from the attempt to start it until it is taken off or fails; [failed] hears at most once. */
@SuppressLint("MissingPermission")
private class OnAir(
    private val context: Context,
    private val advertiser: BluetoothLeAdvertiser,
    private val failed: (Radio) -> Unit,
) : AdvertiseCallback() {
    private var over = false

    /** Android ends adverts without a word when Bluetooth is switched off. */
    private val state = object : BroadcastReceiver() {
        override fun onReceive(context: Context, intent: Intent) {
            val state = intent.getIntExtra(BluetoothAdapter.EXTRA_STATE, BluetoothAdapter.ERROR)
            val goesOff = state == BluetoothAdapter.STATE_TURNING_OFF || state == BluetoothAdapter.STATE_OFF
            if (goesOff) fail(Radio.OFF)
        }
    }

    fun start(data: AdvertiseData) {
        val changes = IntentFilter(BluetoothAdapter.ACTION_STATE_CHANGED)
        context.registerReceiver(state, changes, Context.RECEIVER_EXPORTED)
        try {
            advertiser.startAdvertising(BleAdvertiser.SETTINGS, data, this)
        } catch (_: SecurityException) {
            fail(Radio.PERMISSION_DENIED)
        } catch (_: IllegalStateException) {
            // Switched off since we looked.
            fail(Radio.OFF)
        }
    }

    @Synchronized
    fun end() {
        if (over) return
        over = true
        context.unregisterReceiver(state)
        try {
            advertiser.stopAdvertising(this)
        } catch (_: SecurityException) {
            // With the permission the advert went, too.
        } catch (_: IllegalStateException) {
            // With Bluetooth the advert went, too.
        }
    }

    override fun onStartFailure(errorCode: Int) = fail(radioOf(errorCode))

    private fun fail(problem: Radio) {
        val first = synchronized(this) {
            val wasOver = over
            end()
            !wasOver
        }
        if (first) failed(problem)
    }

    private fun radioOf(errorCode: Int): Radio = when (errorCode) {
        ADVERTISE_FAILED_FEATURE_UNSUPPORTED -> Radio.UNAVAILABLE
        // Too large, too many at once, started already, internal: nothing the person could put right.
        else -> Radio.FAILED
    }
}
