package org.wardkey.app.hybrid

import android.Manifest
import android.app.Application
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothManager
import android.bluetooth.le.BluetoothLeAdvertiser
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowBluetoothAdapter
import org.wardkey.core.Radio

/** A radio that is on and can only listen: Android has no advertiser for it. */
@Implements(BluetoothAdapter::class)
internal class ListeningAdapter : ShadowBluetoothAdapter() {
    @Implementation
    fun getBluetoothLeAdvertiser(): BluetoothLeAdvertiser? = null
}

@RunWith(RobolectricTestRunner::class)
@Config(shadows = [ListeningAdapter::class])
internal class ListeningRadioTest {
    private val application: Application = RuntimeEnvironment.getApplication()

    @Test
    fun `is none for a phone that has to be noticed`() {
        val adapter = application.getSystemService(BluetoothManager::class.java).adapter
        shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        shadowOf(adapter).setState(BluetoothAdapter.STATE_ON)
        val problems = mutableListOf<Radio>()
        val advertiser = BleAdvertiser(application)
        advertiser.advertise(ByteArray(20), problems::add)
        assertEquals(listOf(Radio.UNAVAILABLE), problems)
        advertiser.stop()
    }
}
