package org.wardkey.app.screens

import android.content.Context
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import android.widget.Button
import android.widget.ImageView
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.wardkey.app.R
import org.wardkey.app.enumNamed
import org.wardkey.app.hybrid.ScanActivity
import org.wardkey.app.screens.preflight.icon
import org.wardkey.app.screens.preflight.openFrom
import org.wardkey.app.screens.preflight.words
import org.wardkey.app.words.detailWords
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.app.words.words
import org.wardkey.core.DomError
import org.wardkey.core.Failure
import org.wardkey.core.Fix
import org.wardkey.core.PasskeyException
import org.wardkey.core.Reason
import org.wardkey.core.Step
import org.wardkey.core.Use
import org.wardkey.core.Verdict

/** What became of a request: done, or why not and what to do about it. */
internal class ResultActivity : ScreenActivity() {
    private lateinit var screen: View

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        screen = show(R.layout.result)
        screen.on(R.id.result_close, ::finish)
        val done = enumNamed<Use>(intent.getStringExtra(PURPOSE))
        if (done != null) return showSuccess(done)
        val failure = intent.failure()
        showFailure(failure)
        if (savedInstanceState == null) keep(failure)
        scope.launch { showSupport() }
    }

    /**
     * Whoever started this for a result waits until it is left, and home or the next call is a way to leave
     * it. Android passes their answer on when their own screens are in front again; one that was still to be
     * closed here would first have to be found.
     */
    override fun onStop() {
        if (callingActivity != null && !isChangingConfigurations) finish()
        super.onStop()
    }

    private fun showSuccess(purpose: Use) {
        icon(Verdict.PASS)
        screen.show(R.id.result_failure, false)
        val (title, text) = when (purpose) {
            Use.SIGN_IN -> R.string.result_signed_in to R.string.result_signed_in_text
            Use.REGISTER -> R.string.result_registered to R.string.result_registered_text
        }
        screen.put(R.id.result_title, getString(title))
        screen.put(R.id.result_text, getString(text))
        screen.put(R.id.result_close, getString(R.string.result_done))
        intent.getStringExtra(WITNESS)?.let(::showWitness)
    }

    /** Until the person has read the code to somebody, who may have to be called first. */
    private fun showWitness(code: String) {
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        screen.show(R.id.result_witness_card, true)
        screen.putCode(R.id.result_witness, code)
    }

    private fun showFailure(failure: Failure) {
        icon(Verdict.FAIL)
        screen.put(R.id.result_title, getString(failure.reason.title))
        screen.put(R.id.result_text, getString(failure.reason.remedy))
        screen.put(R.id.result_step, getString(R.string.result_step, getString(failure.step.words)))
        screen.put(R.id.result_detail, detailWords(failure.detail))
        showDetail(false)
        screen.on(R.id.result_diagnostics) { startActivity(Intent(this, DiagnosticsActivity::class.java)) }
        val fix = failure.fix
        screen.show(R.id.result_fix, fix != null)
        if (fix != null) {
            screen.put(R.id.result_fix, getString(fix.words))
            screen.on(R.id.result_fix) { fix.openFrom(this) }
        }
        screen.show(R.id.result_again, intent.getBooleanExtra(AGAIN, false))
        screen.on(R.id.result_again) {
            startActivity(Intent(this, ScanActivity::class.java))
            finish()
        }
    }

    private fun showDetail(shown: Boolean) {
        screen.show(R.id.result_detail_card, shown)
        val toggle = screen.requireViewById<Button>(R.id.result_toggle)
        toggle.setText(if (shown) R.string.result_hide_detail else R.string.result_show_detail)
        toggle.setOnClickListener { showDetail(!shown) }
    }

    private fun icon(verdict: Verdict) =
        screen.requireViewById<ImageView>(R.id.result_icon).setImageResource(verdict.icon)

    private suspend fun showSupport() {
        val contact = try {
            screenWorld.configuration().supportContact
        } catch (_: PasskeyException) {
            // The core does not open: the failure on the screen has said so, or another is the point.
            null
        }
        screen.put(R.id.result_support, contact?.let { getString(R.string.result_support, it) }.orEmpty())
    }

    private fun keep(failure: Failure) {
        scope.launch { withContext(Dispatchers.IO) { screenWorld.failures.record(failure) } }
    }

    companion object {
        private const val WITNESS = "org.wardkey.app.WITNESS"
        private const val PURPOSE = "org.wardkey.app.PURPOSE"
        private const val STEP = "org.wardkey.app.STEP"
        private const val REASON = "org.wardkey.app.REASON"
        private const val DETAIL = "org.wardkey.app.DETAIL"
        private const val FIX = "org.wardkey.app.FIX"
        private const val AGAIN = "org.wardkey.app.AGAIN"

        /** Says that what was asked for has happened; [witness] is the code of a passkey that was made. */
        fun success(context: Context, purpose: Use, witness: String? = null): Intent =
            Intent(context, ResultActivity::class.java)
                .putExtra(PURPOSE, purpose.name)
                .putExtra(WITNESS, witness)

        /** Says what failed, and keeps it for the diagnostics. */
        fun failure(context: Context, failure: Failure, canScanAgain: Boolean = false): Intent =
            Intent(context, ResultActivity::class.java)
                .putExtra(STEP, failure.step.name)
                .putExtra(REASON, failure.reason.name)
                .putExtra(DETAIL, failure.detail)
                .putExtra(FIX, failure.fix?.name)
                .putExtra(AGAIN, canScanAgain)

        /** What cannot be read counts as a mistake of the app's own. */
        private fun Intent.failure() = Failure(
            step = enumNamed<Step>(getStringExtra(STEP)) ?: Step.REQUEST,
            reason = enumNamed<Reason>(getStringExtra(REASON)) ?: Reason.UNEXPECTED,
            detail = getStringExtra(DETAIL).orEmpty(),
            domError = DomError.NOT_ALLOWED,
            fix = enumNamed<Fix>(getStringExtra(FIX)),
        )
    }
}
