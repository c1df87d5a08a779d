package org.wardkey.app.hybrid

import android.Manifest
import android.bluetooth.BluetoothAdapter
import android.bluetooth.BluetoothManager
import android.content.Intent
import android.net.Uri
import android.widget.TextView
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.provider.ProviderTestApplication
import org.wardkey.app.screens.ResultActivity

/** The app on a phone whose radio works, and whose way to tunnel services the test chooses. */
internal class HybridTestApplication : ProviderTestApplication() {
    lateinit var tunnels: TunnelAccess

    override val tunnelAccess get() = tunnels

    fun switchBluetoothOn() {
        shadowOf(this).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        shadowOf(getSystemService(BluetoothManager::class.java).adapter).setState(BluetoothAdapter.STATE_ON)
    }
}

/** Opens the ceremony of the type [A] with the computer that shows [code], as the scanner does. */
internal inline fun <reified A : CeremonyActivity> openCeremony(code: String): ActivityController<A> {
    val intent = Intent(Intent.ACTION_VIEW, Uri.parse(code)).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
    return Robolectric.buildActivity(A::class.java, intent).setup()
}

/** The screen that tells what became of a ceremony, once it is over. */
internal fun resultOf(ceremony: CeremonyActivity): ResultActivity {
    idleUntil { ceremony.isFinishing }
    val intent = shadowOf(ceremony).nextStartedActivity
    return Robolectric.buildActivity(ResultActivity::class.java, intent).setup().get()
}

/** What the person reads there: what happened, and what to do. */
internal fun ResultActivity.words(): Pair<String, String> =
    requireViewById<TextView>(R.id.result_title).text.toString() to
        requireViewById<TextView>(R.id.result_text).text.toString()
