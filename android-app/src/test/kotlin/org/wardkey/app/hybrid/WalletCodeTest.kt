package org.wardkey.app.hybrid

import android.Manifest
import android.content.Intent
import android.net.Uri
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.wardkey.app.R
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.core.Reason

/** Codes for wallets look like codes for passkeys. */
@RunWith(RobolectricTestRunner::class)
internal class WalletCodeTest {
    private val application = RuntimeEnvironment.getApplication()

    /** With the real core, which would be some seconds at it if it tried to connect. */
    @Test
    fun `a code for a wallet ends on a screen that says what to scan it with`() {
        shadowOf(application).grantPermissions(Manifest.permission.BLUETOOTH_ADVERTISE)
        for (code in listOf("$KEYS$PRESENTATION", "$KEYS$ISSUANCE")) {
            val link = Intent(Intent.ACTION_VIEW, Uri.parse(code))
            val ceremony = Robolectric.buildActivity(CeremonyActivity::class.java, link).setup().get()
            idleUntil { ceremony.isFinishing }
            val told = shadowOf(ceremony).nextStartedActivity
            val screen = Robolectric.buildActivity(ResultActivity::class.java, told).setup().get()
            fun text(id: Int) = screen.requireViewById<TextView>(id).text.toString()
            assertEquals(screen.getString(Reason.DIGITAL_CREDENTIAL.title), text(R.id.result_title))
            assertEquals(screen.getString(Reason.DIGITAL_CREDENTIAL.remedy), text(R.id.result_text))
            assertEquals(
                "the code asks for a digital credential, and this phone holds passkeys only",
                text(R.id.result_detail),
            )
        }
    }

    private companion object {
        /** The generator of P-256, and any secret. */
        const val KEYS = "FIDO:/0659158565283446769884143770661585681880191588041561461380449075288743" +
            "0219882912779843621636387802899409094567771580315014705513712564981"

        /** `5: "dcp"`. */
        const val PRESENTATION = "885561955"

        /** `5: "dci"`. */
        const val ISSUANCE = "768121443"
    }
}
